import Records
import Settings

/// A set of filter rules: what becomes of each event before plugins see it. A function of the event alone, so that a log that
/// holds its rule sets folds alike at any time.
package struct FilterRules: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        /// Every rule is asked, in their order, until one blocks the event.
        case all
        /// The first that matches decides.
        case first
    }

    package let mode: Mode
    /// What one evaluation of one rule may take: steps of regular expressions.
    package let steps: Int
    package let rules: [FilterRule]
    /// The set as JSON, in the form that the settings have: the same for the same set. What the log records.
    package let json: String

    package static let defaultSteps = 200_000

    package init(mode: Mode = .all, steps: Int = defaultSteps, _ rules: [FilterRule] = []) {
        self.mode = mode
        self.steps = steps
        self.rules = rules
        var json = Bytes()
        json.append("{\"mode\":\"\(mode.rawValue)\",\"steps\":\(steps),\"rules\":[")
        for (index, rule) in rules.enumerated() {
            if index > 0 { json.append(",") }
            rule.append(to: &json)
        }
        json.append("]}")
        self.json = json.string
    }

    /// Reads what `json` of a set was.
    ///
    /// - Parameter place: where it was found, for messages.
    /// - Throws: `SettingsError`; a later build may have recorded what this one does not know.
    package init(recorded json: String, at place: String) throws {
        self = try Settings(yaml: json, file: place).validate { FilterRules($0) }
    }

    package var isEmpty: Bool { rules.isEmpty }
}
