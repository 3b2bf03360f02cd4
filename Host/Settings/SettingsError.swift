/// One mistake in the settings.
package struct SettingsProblem: Sendable {
    /// Where: `lectern.yaml:12, kvs.default.type`.
    package let place: String
    package let found: String
    package let expected: String
    /// What to do about it, or nothing where that is plain.
    package let remedy: String?

    package var description: String {
        "\(place): found \(found), expected \(expected)" + (remedy.map { ". \($0)" } ?? "")
    }
}

/// Every mistake that was found in the settings: its description lists them all, a line each.
package struct SettingsError: Error, CustomStringConvertible, Sendable {
    package let problems: [SettingsProblem]

    package var description: String {
        let head = problems.count == 1 ? "1 mistake in the settings:" : "\(problems.count) mistakes in the settings:"
        return ([head] + problems.map { "  " + $0.description }).joined(separator: "\n")
    }

    init(_ problems: [SettingsProblem]) { self.problems = problems }

    package init(place: String, found: String, expected: String, remedy: String? = nil) {
        self.init([SettingsProblem(place: place, found: found, expected: expected, remedy: remedy)])
    }
}
