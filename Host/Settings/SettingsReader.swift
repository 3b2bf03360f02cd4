/// Reads one section of the settings, checks it and collects every mistake.
///
/// A method whose key is absent gives the default, or notes a mistake where there is none; a method whose value is
/// wrong notes a mistake, and returns some value of the right type that is of no use: `Settings.validate` is going to
/// throw.
/// Keys that nothing asked for are mistakes too.
///
/// Not thread-safe. Valid until the `validate` that made it returns.
package final class SettingsReader {
    /// The section's keys from the root, joined by dots: `kvs.default`. Empty for the root.
    package let path: String
    let problems: SettingsProblems
    private let node: SettingsNode
    private let members: [(key: String, value: SettingsNode)]
    private var known: Set<String> = []
    private var isFinished = false

    /// What stands in the section's place is no section: a mistake that has been noted, so that absent keys are none.
    package let isBroken: Bool

    init(path: String, node: SettingsNode, problems: SettingsProblems) {
        self.path = path
        self.node = node
        self.problems = problems
        members = node.members ?? []
        isBroken = node.members == nil
        problems.add(self)
        var names: Set<String> = []
        for (name, value) in members where !names.insert(name).inserted {
            add(value.place, path, found: "the key \"\(name)\" twice", expected: "every key once", nil)
        }
        if isBroken {
            add(node.place, path, found: node.summary, expected: "a mapping, or a list of [name, value] pairs", nil)
        }
    }

    /// The keys that are set, in the order in which they were written.
    package var keys: [String] { members.filter { !$0.value.isAbsent }.map(\.key) }

    /// The keys that were asked for so far.
    package var knownKeys: Set<String> { known }

    /// Whether the key is set to something. Counts as having asked for it.
    package func has(_ key: String) -> Bool { value(key) != nil }

    /// Whether a single text stands there, rather than a section or a list. Counts as having asked for it.
    package func hasText(_ key: String) -> Bool {
        if case .scalar = value(key)?.content { true } else { false }
    }

    /// The keys of the section that stands there; none if it is no section. Counts as having asked for it.
    package func memberNames(_ key: String) -> [String] { value(key)?.members?.map(\.key) ?? [] }

    /// Notes a mistake that only the caller can see, such as two values that contradict each other.
    package func problem(_ key: String, found: String, expected: String, remedy: String? = nil) {
        known.insert(key)
        let place = members.first { $0.key == key }?.value.place ?? node.place
        add(place, keyPath(key), found: found, expected: expected, remedy)
    }

    /// A section of this one. Empty if the key is absent.
    package func section(_ key: String) -> SettingsReader {
        let absent = SettingsNode(content: .absent, place: node.place)
        return SettingsReader(path: keyPath(key), node: value(key) ?? absent, problems: problems)
    }

    /// The named sections of a section: of a mapping, or of a list of `[name, section]` pairs, in the order in which
    /// they stand.
    package func sections(_ key: String) -> [(name: String, reader: SettingsReader)] { section(key).sections() }

    /// All members of this section, as named sections.
    ///
    /// - Parameter others: keys of this section that are none.
    package func sections(besides others: Set<String> = []) -> [(name: String, reader: SettingsReader)] {
        known.formUnion(members.map(\.key))
        return members.filter { !others.contains($0.key) }.map {
            ($0.key, SettingsReader(path: keyPath($0.key), node: $0.value, problems: problems))
        }
    }

    /// Makes no mistakes of unknown keys: for a section whose type is wrong, so that nobody can tell which keys it may
    /// have.
    package func ignoreOtherKeys() { isFinished = true }

    /// Makes mistakes of the keys that nothing has asked for. `Settings.validate` does it for every section at its end;
    /// a second call does nothing.
    package func finish() {
        guard !isFinished else { return }
        isFinished = true
        for (key, value) in members where !known.contains(key) {
            let expected = known.isEmpty ? "no key here" : "one of " + known.sorted().joined(separator: ", ")
            let remedy = nearest(to: key, in: known).map { "Did you mean `\($0)`?" }
            add(value.place, keyPath(key), found: "an unknown key", expected: expected, remedy)
        }
    }

    /// The value of a key, or nil if it is absent; the key is known from then on.
    func value(_ key: String) -> SettingsNode? {
        known.insert(key)
        return members.first { $0.key == key && !$0.value.isAbsent }?.value
    }

    func keyPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func add(_ place: SettingsPlace, _ path: String, found: String, expected: String, _ remedy: String?) {
        let full = path.isEmpty ? place.description : "\(place.description), \(path)"
        problems.add(SettingsProblem(place: full, found: found, expected: expected, remedy: remedy), at: place)
    }
}
