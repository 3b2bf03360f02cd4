import Records

/// One rule: which events it is about, what it asks of them, and what becomes of those that answer.
package struct FilterRule: Sendable, Equatable {
    package enum Action: String, Sendable, CaseIterable {
        /// The event passes, with a mark.
        case allow
        /// The event reaches no plugin.
        case block
        /// The event gets the names of routes, which say where it is published.
        case route
        /// Fields of the event are set, removed or renamed for plugins. The log keeps it as it came.
        case transform
    }

    /// What follows where a rule can't be evaluated.
    package enum OnError: String, Sendable, CaseIterable {
        /// As if the rule had not matched.
        case allow
        case block
        /// The event reaches no plugin, and goes to the dead letters.
        case deadLetter = "dead_letter"
    }

    /// One change that a rule makes to an event's fields.
    package enum Change: Sendable, Equatable {
        /// To a JSON value.
        case set(field: String, json: String)
        case remove(field: String)
        /// The value goes to another field, if it is there.
        case rename(from: String, to: String)
    }

    package let name: String
    /// Event types; empty: all.
    package var types: [String] = []
    /// Nil: all events.
    package var when: FilterCondition?
    package var action = Action.allow
    package var onError = OnError.allow
    /// What a match leaves in `server.filters.marks`.
    package var mark: String?
    /// What it leaves in `server.filters.routes`.
    package var routes: [String] = []
    package var changes: [Change] = []

    package init(_ name: String) { self.name = name }
}

extension FilterRule {
    /// Appends the rule as the settings have it.
    func append(to json: inout Bytes) {
        json.append("{\"name\":")
        json.appendSetting(name)
        if !types.isEmpty {
            json.append(",\"events\":")
            json.append(types)
        }
        if let when {
            json.append(",\"when\":")
            when.append(to: &json)
        }
        json.append(",\"action\":\"\(action.rawValue)\"")
        if let mark, action == .allow {
            json.append(",\"mark\":")
            json.appendSetting(mark)
        }
        if action == .route {
            json.append(",\"route\":")
            json.append(routes)
        }
        append("set", to: &json) { if case .set(let field, let value) = $0 { (field, value) } else { nil } }
        let removed = changes.compactMap { if case .remove(let field) = $0 { field } else { nil } }
        if !removed.isEmpty {
            json.append(",\"remove\":")
            json.append(removed)
        }
        append("rename", to: &json) { change in
            guard case .rename(let from, let to) = change else { return nil }
            var quoted = Bytes()
            quoted.appendSetting(to)
            return (from, quoted.string)
        }
        json.append(",\"on_error\":\"\(onError.rawValue)\"}")
    }

    private func append(_ name: String, to json: inout Bytes, _ member: (Change) -> (String, String)?) {
        let members = changes.compactMap(member)
        if members.isEmpty { return }
        json.append(",\"\(name)\":{")
        for (index, (field, value)) in members.enumerated() {
            if index > 0 { json.append(",") }
            json.appendSetting(field)
            json.append(":")
            json.append(value)
        }
        json.append("}")
    }
}

extension Bytes {
    fileprivate mutating func append(_ texts: [String]) {
        append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { append(",") }
            appendSetting(text)
        }
        append("]")
    }
}
