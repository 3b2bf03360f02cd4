extension SettingsReader {
    /// Whether a list stands there. Counts as having asked for it.
    package func hasList(_ key: String) -> Bool {
        if case .list = value(key)?.content { true } else { false }
    }

    /// The sections of a list, one an item; none if the key is absent. An item's path ends with its number, from 0. The list
    /// shows among the settings as a whole.
    package func items(_ key: String) -> [SettingsReader] {
        guard let node = value(key) else {
            problems.note(keyPath(key), "[]", isDefault: true)
            return []
        }
        guard case .list(let items) = node.content else {
            problem(key, found: node.summary, expected: "a list")
            return []
        }
        problems.note(whole: keyPath(key), node.json)
        return items.enumerated().map { index, item in
            SettingsReader(path: "\(keyPath(key)).\(index)", node: item, problems: problems)
        }
    }

    /// A text, number or boolean, as it was written; nil, and a mistake, if the key is absent or holds something else.
    package func scalar(_ key: String) -> SettingsScalar? {
        if let scalar = value(key)?.scalar {
            problems.note(keyPath(key), value(key)?.json ?? "", isDefault: false)
            return scalar
        }
        problem(key, found: value(key)?.summary ?? "nothing", expected: SettingsScalar.expected)
        return nil
    }

    /// A list of texts, numbers and booleans that is not empty.
    package func scalars(_ key: String) -> [SettingsScalar] {
        guard let node = value(key), case .list(let items) = node.content, !items.isEmpty else {
            problem(key, found: value(key)?.summary ?? "nothing", expected: "a list of \(SettingsScalar.expected)")
            return []
        }
        problems.note(keyPath(key), node.json, isDefault: false)
        return items.enumerated().compactMap { index, item in
            if item.scalar == nil {
                problem(
                    key, found: "\(item.summary) as item \(index)", expected: "a list of \(SettingsScalar.expected)")
            }
            return item.scalar
        }
    }
}

/// One value of the settings whose type is as it was written.
package enum SettingsScalar: Sendable, Equatable {
    case boolean(Bool)
    case integer(Int64)
    /// Finite.
    case number(Double)
    case text(String)

    static let expected = "a text, a number, true or false"
}

extension SettingsNode {
    /// A plain `true`, `false` or JSON number is that, and every other scalar is a text. Nil if this is no scalar.
    fileprivate var scalar: SettingsScalar? {
        guard case .scalar(let text, let isPlain) = content else { return nil }
        let json = json
        guard isPlain, !json.hasPrefix("\"") else { return .text(text) }
        if let boolean = Bool(json) { return .boolean(boolean) }
        if let integer = Int64(json) { return .integer(integer) }
        guard let number = Double(json), number.isFinite else { return .text(text) }
        return .number(number)
    }
}
