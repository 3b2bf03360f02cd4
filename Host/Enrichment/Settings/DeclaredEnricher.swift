package import PluginHost
import Settings

/// An enricher that the settings declare, as no plugin has it.
///
///     activity:
///       source: hours
///       member: activity
///       by: [actor]
///       members: [attempts, accuracy]          # of a table; of other sources {attempts: integer}
///       events: [attempt]
package struct DeclaredEnricher: Sendable, Equatable {
    /// The member of events that answers are put under.
    package var member: String
    /// `by`: what is looked up by.
    package var key: [EnricherDescription.KeyPart]
    /// Of answers. Of a table their types are the columns'.
    package var members: [EnricherDescription.Member] = []
    /// Of a table: the columns that answers have; none: all that it is not looked up by.
    package var columns: [String] = []
    /// `events`: the types of the events that are asked for; none: all.
    package var types: [String] = []

    package init(member: String, key: [EnricherDescription.KeyPart] = [.actor]) {
        self.member = member
        self.key = key
    }

    /// Reads the keys of an enricher. Nil: the settings declare none, and a plugin has to. Mistakes are noted in the reader.
    init?(_ section: SettingsReader, _ source: SourceConfiguration.Kind) {
        let isTable = if case .table = source { true } else { false }
        guard section.has("member") || isTable else {
            for key in ["by", "members", "events"] where section.has(key) {
                section.problem(
                    key, found: "\(key) without member", expected: "member, too, as no plugin declares this enricher")
            }
            return nil
        }
        self.init(member: section.string("member"))
        if section.has("member"), !AnswerMember.isValid(member) {
            section.problem("member", found: "\"\(member)\"", expected: AnswerMember.rule)
        }
        let parts = section.strings("by", default: ["actor"])
        if !(1...8).contains(parts.count) || !parts.allSatisfy(FieldPath.isValid) {
            section.problem("by", found: "\(parts)", expected: "1 to 8 of: actor, and paths of fields")
        }
        key = parts.map { $0 == "actor" ? .actor : .field(path: $0) }
        types = section.strings("events")
        if isTable {
            columns = section.strings("members")
        } else {
            let reader = section.section("members")
            members = reader.keys.map { EnricherDescription.Member(name: $0, kind: reader.choice($0)) }
            if members.isEmpty {
                section.problem("members", found: "none", expected: "members of answers with their types")
            }
            reader.finish()
        }
    }
}
