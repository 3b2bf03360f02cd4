import Foundation

/// Rules in PMSS, Learning Observer's language for settings that depend on who is asking: a file of selectors, as in CSS,
/// with values that hold where a selector matches.
///
///     incoming_events { blacklist_event_action: TRANSMIT; }
///     incoming_events[domain="example.org"] { blacklist_event_action: DROP; }
///
/// A selector is types (`name`), classes (`.name`) and attributes (`[name]`, `[name=value]`, `[name="a value"]`), all of which
/// must hold; `*` always does. Commas separate alternatives. A rule within a rule holds where both do. A value stands in
/// quotes or ends with its line. Comments are `/* … */` anywhere, and `//` to the end of the line outside of values.
///
/// The most specific rule counts, as in CSS: first by classes and attributes, then by types. Of equals the last counts, and a
/// later file comes after an earlier one. So a base comes first, and what overrides it follows.
package struct Rules: Sendable {
    /// What a rule says about one property.
    package struct Declaration: Sendable, Equatable {
        package let property: String
        package let value: String
        /// Of the property's name.
        package let place: RulePlace
    }

    struct Rule: Sendable {
        let selector: RuleSelector
        let declarations: [Declaration]
    }

    /// In their order.
    private var rules: [Rule] = []

    /// No rule.
    package init() {}

    /// Adds the rules of a file's text, after those that are there.
    ///
    /// - Parameter file: its name, for errors.
    package mutating func add(_ text: some StringProtocol, file: String) throws(RuleError) {
        var parser = RuleParser(text, file: file)
        rules += try parser.sheet()
    }

    /// Reads files, each after those before it.
    ///
    /// - Throws: `RuleError`, or `RuleFileError` if a file can't be read.
    package init(files: [String]) throws {
        for file in files {
            guard let data = FileManager.default.contents(atPath: file) else { throw RuleFileError(file: file) }
            guard let text = String(data: data, encoding: .utf8) else {
                throw RuleError(
                    place: RulePlace(file: file, line: 1, column: 1), expected: "UTF-8", found: "other bytes")
            }
            try add(text, file: file)
        }
    }

    /// What the rules say of a property; nil if none does.
    package func value(of property: String, _ question: RuleQuestion) -> Declaration? {
        var best: (specificity: (Int, Int), declaration: Declaration)?
        for rule in rules {
            guard let declaration = rule.declarations.last(where: { $0.property == property }),
                rule.selector.matches(question), best.map({ $0.specificity <= rule.selector.specificity }) ?? true
            else { continue }
            best = (rule.selector.specificity, declaration)
        }
        return best?.declaration
    }

    /// All declarations of a property, whatever their rules select.
    package func declarations(of property: String) -> [Declaration] {
        rules.flatMap(\.declarations).filter { $0.property == property }
    }

    /// The declarations of rules that select one of these types, of properties that nobody reads.
    package func unread(types: Set<String>, properties: Set<String>) -> [Declaration] {
        rules.filter { !$0.selector.types.isDisjoint(with: types) }.flatMap(\.declarations)
            .filter { !properties.contains($0.property) }
    }
}

/// A file of rules that can't be read.
package struct RuleFileError: Error, CustomStringConvertible {
    package let file: String

    package var description: String {
        "\(file): expected a file of rules, found none that can be read; correct ingest.rules, or its permissions"
    }
}
