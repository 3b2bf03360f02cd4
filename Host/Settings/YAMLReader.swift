import Yams

/// Turns a YAML document into a tree of settings that knows its lines.
struct YAMLReader {
    let file: String

    /// Throws a `SettingsError` if the text is not one YAML document that holds a mapping.
    func read(_ yaml: String) throws -> SettingsNode {
        guard let node = try parse(yaml) else {
            return SettingsNode(content: .mapping([]), place: SettingsPlace(source: file))
        }
        let root = try convert(node, at: SettingsPlace(source: file))
        switch root.content {
        case .mapping: return root
        case .absent: return SettingsNode(content: .mapping([]), place: root.place)
        default: throw SettingsError(place: file, found: root.summary, expected: "a mapping of settings")
        }
    }

    /// Reads a value of `--set` or of the environment, written in YAML's flow style.
    func readValue(_ yaml: String) throws -> SettingsNode {
        let place = SettingsPlace(source: file)
        let node = try parse(yaml).map { try convert($0, at: place) } ?? SettingsNode(content: .absent, place: place)
        return node.placed(at: place)
    }

    private func parse(_ yaml: String) throws -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw syntaxError(error)
        }
    }

    private func convert(_ node: Node, at parent: SettingsPlace) throws -> SettingsNode {
        let place = SettingsPlace(source: file, line: node.mark?.line ?? parent.line)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let isAbsent = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return SettingsNode(content: isAbsent ? .absent : .scalar(scalar.string, isPlain: isPlain), place: place)
        case .sequence(let items):
            return SettingsNode(content: .list(try items.map { try convert($0, at: place) }), place: place)
        case .mapping(let members):
            return SettingsNode(
                content: .mapping(
                    try members.map { key, value in
                        guard case .scalar(let name) = key else {
                            let line = key.mark?.line ?? place.line
                            throw SettingsError(
                                place: SettingsPlace(source: file, line: line).description,
                                found: "a list or a mapping as a key", expected: "a text as a key")
                        }
                        // A block of lines begins below its key, and the key is what a reader looks for.
                        var converted = try convert(value, at: place)
                        converted = SettingsNode(
                            content: converted.content,
                            place: SettingsPlace(source: file, line: name.mark?.line ?? place.line))
                        return (name.string, converted)
                    }), place: place)
        case .alias(let alias):
            let name = "*\(alias.anchor.rawValue)"
            throw SettingsError(place: place.description, found: "the alias \(name) of nothing", expected: "a value")
        }
    }

    /// The parser's own messages quote the text, in which a secret may stand.
    private func syntaxError(_ error: YamlError) -> SettingsError {
        let (problem, line): (String, Int?) =
            switch error {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .duplicatedKeysInMapping(let keys, let context):
                ("the same key twice: " + keys.joined(separator: ", "), context.mark.line)
            case .reader(let problem, _, _, _): (problem, nil)
            default: ("text that is no YAML", nil)
            }
        let place = SettingsPlace(source: file, line: line)
        return SettingsError(place: place.description, found: problem, expected: "a YAML document")
    }
}

extension SettingsNode {
    /// The same tree with one place for every node: for overrides, whose lines mean nothing.
    func placed(at place: SettingsPlace) -> SettingsNode {
        let content: Content =
            switch content {
            case .list(let items): .list(items.map { $0.placed(at: place) })
            case .mapping(let members): .mapping(members.map { ($0.key, $0.value.placed(at: place)) })
            default: content
            }
        return SettingsNode(content: content, place: place)
    }
}
