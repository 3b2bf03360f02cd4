/// What is wrong with a file of rules, and where.
package struct RuleError: Error, Equatable, CustomStringConvertible {
    package let place: RulePlace
    package let expected: String
    package let found: String

    package init(place: RulePlace, expected: String, found: String) {
        self.place = place
        self.expected = expected
        self.found = found
    }

    package var description: String { "\(place): expected \(expected), found \(found)" }
}

/// A place in a file of rules.
package struct RulePlace: Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// From 1, in characters of the file's UTF-8.
    package let line: Int
    package let column: Int

    package var description: String { "\(file):\(line):\(column)" }
}
