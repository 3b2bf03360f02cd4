/// One value of the settings and where it was written.
struct SettingsNode: Sendable {
    enum Content: Sendable {
        /// Nothing stands after the key, or a plain `null` or `~`. Reads like an absent key.
        case absent
        /// The text as written. `isPlain` is false for a quoted one, which is never a number or a boolean.
        case scalar(String, isPlain: Bool)
        case list([SettingsNode])
        /// In the order in which the keys were written.
        case mapping([(key: String, value: SettingsNode)])
    }

    var content: Content
    let place: SettingsPlace

    /// What stands here, for a message: `"8MB"`, `a list of 3`.
    var summary: String {
        switch content {
        case .absent: "nothing"
        case .scalar(let text, _): text.utf8.count <= 60 ? "\"\(text)\"" : "\"\(text.prefix(57))...\""
        case .list(let items): "a list of \(items.count)"
        case .mapping(let members): "a mapping of \(members.count)"
        }
    }

    var isAbsent: Bool { if case .absent = content { true } else { false } }

    /// The members of a mapping, or of a list of `[name, value]` pairs; nil for anything else.
    var members: [(key: String, value: SettingsNode)]? {
        switch content {
        case .mapping(let members): return members
        case .list(let items):
            var members: [(key: String, value: SettingsNode)] = []
            for item in items {
                guard case .list(let pair) = item.content, pair.count == 2,
                    case .scalar(let name, _) = pair[0].content
                else { return nil }
                members.append((name, pair[1]))
            }
            return members
        case .absent: return []
        case .scalar: return nil
        }
    }
}

/// Where a value was written: a file and its line, a command-line option, or a variable of the environment.
struct SettingsPlace: Sendable {
    var source: String
    var line: Int?

    var description: String { line.map { "\(source):\($0)" } ?? source }
}
