import Settings

/// What all lists of rules have in common: presets by their names, and names that differ. Mistakes are noted in the reader of the
/// section.
enum RuleNames {
    /// The rules that `presets` names.
    static func presets<Rule>(
        _ all: [Rule], name: (Rule) -> String, default names: [String] = [], in reader: SettingsReader
    ) -> [Rule] {
        reader.strings("presets", default: names).compactMap { wanted in
            if let preset = all.first(where: { name($0) == wanted }) { return preset }
            let known = all.map(name).joined(separator: ", ")
            reader.problem("presets", found: "“\(wanted)”", expected: "some of \(known)")
            return nil
        }
    }

    /// Checks the names of `rules`.
    static func check(_ names: [String], limit: Int, in reader: SettingsReader) {
        if names.count > limit {
            reader.problem("rules", found: "\(names.count) rules", expected: "at most \(limit)")
        }
        var known: Set<String> = []
        for name in names where !known.insert(name).inserted {
            reader.problem("rules", found: "the name “\(name)” twice", expected: "a name of its own for each rule")
        }
    }
}
