extension Settings {
    /// Applies `a.b.c=VALUE`, as given to `--set`: sections that are missing are made; `VALUE` is a text as it
    /// stands, or a list, mapping or quoted text in YAML's flow style if it begins with `[`, `{` or a quote. An item of
    /// a list is named by its number, or by its name if the list holds pairs.
    ///
    /// Throws a `SettingsError` if there is no `=`, or the path leads through a value that has no members.
    package mutating func set(_ assignment: String) throws {
        guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
            throw SettingsError(
                place: "--set", found: "no `=` after a key", expected: "KEY=VALUE",
                remedy: "For example: --set kvs.default.type=stub")
        }
        let path = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let place = SettingsPlace(source: "--set \(assignment[..<equals])")
        let value = try Self.value(String(assignment[assignment.index(after: equals)...]), at: place)
        root = try root.setting(value, at: path[...], matching: { $0 == $1 })
    }

    /// Applies every variable `LECTERN_A__B=VALUE` as `a.b`, with values as in `set`. Two underscores part sections;
    /// upper and lower case, and `-` and `_`, are not told apart where a key is there already, and a new key is written
    /// in lower case. Other variables are left alone, those without two underscores too.
    package mutating func set(environment: [String: String]) throws {
        self.environment = environment
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix("LECTERN_") else { continue }
            let path = name.dropFirst("LECTERN_".count).lowercased()
                .split(separator: "__", omittingEmptySubsequences: false).map(String.init)
            guard path.count > 1, !path.contains("") else { continue }
            let place = SettingsPlace(source: "environment \(name)")
            root = try root.setting(try Self.value(text, at: place), at: path[...]) { key, part in
                key.lowercased().map { $0 == "-" ? "_" : $0 } == Array(part)
            }
        }
    }

    /// Applies a variable of the environment that is another name of the setting `path`, with values as in `set`.
    package mutating func set(_ path: String, to text: String, variable: String) throws {
        let place = SettingsPlace(source: "environment \(variable)")
        let parts = path.split(separator: ".").map(String.init)
        root = try root.setting(try Self.value(text, at: place), at: parts[...], matching: { $0 == $1 })
    }

    /// A variable of the environment; nil if it is not set, or empty.
    package func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The names of the variables that are set and begin so, sorted.
    package func variables(beginningWith prefix: String) -> [String] {
        environment.keys.filter { $0.hasPrefix(prefix) }.sorted()
    }

    /// The text that is set at a path so far; nil if there is none.
    package func text(at path: String) -> String? {
        if case .scalar(let text, _) = node(at: path)?.content { text } else { nil }
    }

    /// Whether anything is set at a path so far.
    package func hasSomething(at path: String) -> Bool { node(at: path)?.isAbsent == false }

    /// Copies what is set at a path to another, but for some of its members.
    package mutating func copy(_ path: String, to other: String, without left: Set<String>) throws {
        guard var node = node(at: path), let members = node.members else { return }
        node.content = .mapping(members.filter { !left.contains($0.key) })
        root = try root.setting(node, at: other.split(separator: ".").map(String.init)[...], matching: { $0 == $1 })
    }

    private func node(at path: String) -> SettingsNode? {
        path.split(separator: ".").reduce(root) { node, part in
            node?.members?.first { $0.key == part }?.value
        }
    }

    /// Variables that look like settings of one of these sections and are none, since one underscore stands where two
    /// should; each with the name that it may be meant to have.
    package func strayVariables(sections: Set<String>) -> [(name: String, meant: String)] {
        environment.keys.sorted().compactMap { name in
            guard name.hasPrefix("LECTERN_"), !name.contains("__") else { return nil }
            let rest = name.dropFirst("LECTERN_".count)
            guard let end = rest.firstIndex(of: "_"), end != rest.index(before: rest.endIndex),
                sections.contains(rest[..<end].lowercased())
            else { return nil }
            return (name, "LECTERN_\(rest[..<end])_\(rest[end...])")
        }
    }

    private static func value(_ text: String, at place: SettingsPlace) throws -> SettingsNode {
        if let first = text.first, "[{\"'".contains(first) {
            return try YAMLReader(file: place.source).readValue(text)
        }
        return SettingsNode(content: text.isEmpty ? .absent : .scalar(text, isPlain: true), place: place)
    }
}

extension SettingsNode {
    /// This tree with `value` at `path`. `matching` compares a key that is there with a part of the path.
    fileprivate func setting(
        _ value: SettingsNode, at path: ArraySlice<String>, matching: (String, String) -> Bool
    ) throws -> SettingsNode {
        guard let part = path.first else { return value }
        var copy = self
        switch content {
        case .scalar:
            throw SettingsError(
                place: value.place.description, found: "\(summary), set by \(place.description), before `\(part)`",
                expected: "a section there")
        case .list(var items):
            let isPairs = !items.isEmpty && members != nil
            let named = isPairs ? members?.firstIndex { matching($0.key, part) } : nil
            if let index = named, case .list(var pair) = items[index].content {
                pair[1] = try pair[1].setting(value, at: path.dropFirst(), matching: matching)
                items[index].content = .list(pair)
            } else if let index = Int(part), items.indices.contains(index) {
                items[index] = try items[index].setting(value, at: path.dropFirst(), matching: matching)
            } else {
                throw SettingsError(
                    place: value.place.description,
                    found: "a list of \(items.count), set by \(place.description), at `\(part)`",
                    expected: isPairs ? "the name of one of its pairs" : "the number of one of its items, from 0")
            }
            copy.content = .list(items)
        case .absent, .mapping:
            var members = members ?? []
            let index = members.firstIndex { matching($0.key, part) } ?? members.count
            if index == members.count {
                members.append((part, SettingsNode(content: .absent, place: value.place)))
            }
            members[index].value = try members[index].value.setting(value, at: path.dropFirst(), matching: matching)
            copy.content = .mapping(members)
        }
        return copy
    }
}
