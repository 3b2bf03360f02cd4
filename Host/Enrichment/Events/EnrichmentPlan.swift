package import PluginHost
import Records

/// What is looked up and derived, of which events: what the loaded plugins declare and the settings name a source for.
/// Immutable.
package final class EnrichmentPlan: Sendable {
    /// The derivations that stand under one member.
    struct Group {
        /// Its place in `members`.
        let member: Int
        var derivations: [Int] = []
    }

    let lookups: [Lookups]
    let derivations: [Derivation]
    /// The members of events that are the host's to set, beside `enrichment`: those of answers, then those of groups.
    let members: [String]
    let groups: [Group]
    /// Some derivations are another process's.
    let derivesElsewhere: Bool
    /// As JSON, with a colon: of members, and of derivations.
    let memberNames: [[UInt8]]
    let names: [[UInt8]]

    init(_ lookups: [Lookups], _ derivations: [Derivation]) {
        self.lookups = lookups
        self.derivations = derivations
        var members = lookups.map(\.description.member)
        var groups: [Group] = []
        for (index, derivation) in derivations.enumerated() {
            if let known = groups.firstIndex(where: { members[$0.member] == derivation.member.member }) {
                groups[known].derivations.append(index)
                continue
            }
            groups.append(Group(member: members.count, derivations: [index]))
            members.append(derivation.member.member)
        }
        self.members = members
        self.groups = groups
        derivesElsewhere = derivations.contains { $0.thread != nil }
        memberNames = members.map(Self.name)
        names = derivations.map { Self.name($0.member.name) }
    }

    private static func name(_ text: String) -> [UInt8] {
        var bytes = Bytes()
        bytes.appendJSON(text)
        bytes.append(":")
        return bytes.array
    }

    /// What a path means that begins with the member of an answer: which look-up's, and which member of its answer; nil: one that
    /// the enricher does not have. Nil: it is no part of an answer.
    func partOfAnswer(_ path: String) -> (lookup: Int, member: Int?)? {
        let parts = path.split(separator: ".", maxSplits: 1)
        guard let lookup = lookups.firstIndex(where: { $0.description.member == parts[0] }) else { return nil }
        return (lookup, lookups[lookup].description.members.firstIndex { parts.count > 1 && $0.name == parts[1] })
    }

    /// What derivations ask of answers that do not have it, for the operator.
    var problems: [String] {
        derivations.flatMap { derivation in
            derivation.member.arguments.compactMap { argument in
                guard case .field(let path) = argument, let part = partOfAnswer(path), part.member == nil else {
                    return nil
                }
                let enricher = lookups[part.lookup].description
                let known = enricher.members.map { "\(enricher.member).\($0.name)" }
                return
                    "\(derivation.member.member).\(derivation.member.name) of plugin \(derivation.function.plugin) is "
                    + "derived from \(path), which is always missing: the enricher \(enricher.id) gives "
                    + known.joined(separator: ", ")
            }
        }
    }

    /// Nothing is looked up, and nothing derived.
    var isEmpty: Bool { lookups.isEmpty && derivations.isEmpty }
}

/// A plugin as enrichment sees it.
package struct EnrichingPlugin: Sendable {
    package let id: String
    package let enrichers: [EnricherDescription]
    package let derivedMembers: [DerivedMember]
    package let functions: [CallableFunction]
    /// The columns of its tables, with those that the operator has added, by the tables' ids.
    package let tables: [String: [TableColumn]]

    package init(
        id: String, enrichers: [EnricherDescription], derivedMembers: [DerivedMember] = [],
        functions: [CallableFunction] = [], tables: [String: [TableColumn]] = [:]
    ) {
        self.id = id
        self.enrichers = enrichers
        self.derivedMembers = derivedMembers
        self.functions = functions
        self.tables = tables
    }
}
