package import PluginHost

/// What is looked up and derived, of which events: what the loaded plugins declare and the settings name a source for.
/// Immutable.
package final class EnrichmentPlan: Sendable {
    let lookups: [Lookups]
    let derivations: [Derivation]
    /// The members of events that are the host's to set, beside `enrichment`; those of derivations come last, each once.
    let members: [String]

    init(_ lookups: [Lookups], _ derivations: [Derivation]) {
        self.lookups = lookups
        self.derivations = derivations
        var members = lookups.map(\.description.member)
        for derivation in derivations where !members.contains(derivation.member.member) {
            members.append(derivation.member.member)
        }
        self.members = members
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
    /// Its functions can be called on any thread, and return at once; otherwise they are another process's.
    package let isInProcess: Bool

    package init(
        id: String, enrichers: [EnricherDescription], derivedMembers: [DerivedMember] = [],
        functions: [CallableFunction] = [], tables: [String: [TableColumn]] = [:], isInProcess: Bool = true
    ) {
        self.id = id
        self.enrichers = enrichers
        self.derivedMembers = derivedMembers
        self.functions = functions
        self.tables = tables
        self.isInProcess = isInProcess
    }
}
