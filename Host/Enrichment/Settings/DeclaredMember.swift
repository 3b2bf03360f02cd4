package import PluginHost
import Settings

/// A member of events that the settings have functions of plugins compute.
///
///     derived:
///       checks:                                                   # a member of events, and what is in it
///         retention: forgetting(user_context.average_score, 3)
///         mark: {value: "mark(forgetting(score, 30))", events: [attempt]}
package struct DeclaredMember: Sendable, Equatable {
    /// The member of the event that it is put under, with others.
    package let member: String
    package let name: String
    /// Over fields of the event, members that were looked up, and `time`, the event's.
    package let value: ColumnExpression
    /// The expression as it was written.
    package let text: String
    /// `events`: the types of the events that have it; none: all.
    package let types: [String]

    package init(_ member: String, _ name: String, _ text: String, types: [String] = []) throws(ColumnExpressionError) {
        self.member = member
        self.name = name
        self.text = text
        self.types = types
        value = try ColumnExpression(text)
    }

    /// All that are put under one member. Mistakes are noted in the reader.
    static func all(of member: String, _ reader: SettingsReader) -> [DeclaredMember] {
        var members: [DeclaredMember] = []
        for name in reader.keys {
            var types: [String] = []
            let text: String
            if reader.hasText(name) {
                text = reader.string(name)
            } else {
                let section = reader.section(name)
                text = section.string("value")
                types = section.strings("events")
                section.finish()
            }
            if !AnswerMember.isName(name) {
                reader.problem(
                    name, found: "a member \"\(name)\"", expected: "letters, digits and underscores, no digit first")
            }
            if text.isEmpty { continue }
            do throws(ColumnExpressionError) {
                members.append(try DeclaredMember(member, name, text, types: types))
            } catch {
                reader.problem(name, found: error.found, expected: error.expected)
            }
        }
        reader.finish()
        return members
    }
}
