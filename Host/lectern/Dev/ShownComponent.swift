import Records

/// What a running host shows of one reducer or table of a plugin.
struct ShownComponent {
    let title: String
    /// States or rows by their keys.
    let entries: [String: JSONTree]
    /// Whether there are more than were read.
    let isCut: Bool

    /// Where a build no longer has a component.
    init(nothingOf other: ShownComponent) {
        title = other.title
        entries = [:]
        isCut = false
    }

    /// Of a state page of the host's, as it was answered.
    init(reducer: String, answer: String) throws {
        let page = try JSONTree(json: answer)
        title = "states of \(reducer)"
        isCut = page["next"] != .null
        var entries: [String: JSONTree] = [:]
        if case .array(let states)? = page["states"] {
            for state in states {
                if case .text(let key)? = state["key"] { entries[key] = state["state"] ?? .null }
            }
        }
        self.entries = entries
    }

    /// Of a table page of the host's.
    init(table: String, answer: String) throws {
        let page = try JSONTree(json: answer)
        title = "rows of \(table)"
        isCut = page["next"] != .null
        var keys: [String] = []
        if case .array(let columns)? = page["columns"] {
            for column in columns where column["key"] == .boolean(true) {
                if case .text(let name)? = column["name"] { keys.append(name) }
            }
        }
        var entries: [String: JSONTree] = [:]
        if case .array(let rows)? = page["rows"] {
            for row in rows {
                guard case .object(var members) = row else { continue }
                let key = keys.map { "\($0) \(members.removeValue(forKey: $0)?.text() ?? "none")" }
                entries[key.isEmpty ? row.json : key.joined(separator: ", ")] = .object(members)
            }
        }
        self.entries = entries
    }
}

/// What a build has changed in what is shown of a component.
struct ShownDifference: Encodable {
    struct Changed: Encodable {
        let key: String
        let fields: [FieldDifference]
    }

    struct Entry: Encodable {
        let key: String
        let value: String
    }

    let title: String
    let count: Int
    /// Whether only the first of them were looked at.
    let isCut: Bool
    let added: [Entry]
    let removed: [Entry]
    let changed: [Changed]

    init(_ old: ShownComponent?, _ new: ShownComponent) {
        title = new.title
        count = new.entries.count
        isCut = new.isCut || old?.isCut == true
        let before = old?.entries ?? [:]
        func entries(_ of: [String: JSONTree], notIn others: [String: JSONTree]) -> [Entry] {
            of.filter { others[$0.key] == nil }.sorted { $0.key < $1.key }
                .map { Entry(key: $0.key, value: $0.value.text()) }
        }
        added = entries(new.entries, notIn: before)
        removed = entries(before, notIn: new.entries)
        changed = new.entries.sorted { $0.key < $1.key }.compactMap { key, value in
            guard let old = before[key], old != value else { return nil }
            return Changed(key: key, fields: FieldDifference.all(old, value))
        }
    }

    var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }

    /// How many of each kind are shown.
    private static let limit = 8

    /// - Parameter isFirst: there was nothing before, so all is new.
    func lines(isFirst: Bool) -> [String] {
        var lines = ["\(title)\(isCut ? ", the first \(count)" : ""): \(isFirst ? "\(count)" : summary)"]
        func add(_ items: [String]) {
            lines += items.prefix(Self.limit)
            if items.count > Self.limit { lines.append("  … \(items.count - Self.limit) more") }
        }
        add(changed.map { "  \($0.key): \($0.fields.map(\.text).joined(separator: ", "))" })
        add(added.map { "\(isFirst ? " " : "+") \($0.key): \($0.value)" })
        add(removed.map { "- \($0.key): \($0.value)" })
        return lines
    }

    private var summary: String {
        var parts: [String] = []
        if !changed.isEmpty { parts.append("\(changed.count) of \(count) changed") }
        if !added.isEmpty { parts.append("\(added.count) new") }
        if !removed.isEmpty { parts.append("\(removed.count) gone") }
        return parts.joined(separator: ", ")
    }
}
