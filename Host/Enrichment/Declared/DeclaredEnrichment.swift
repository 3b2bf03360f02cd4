import PluginHost
import Settings

/// What the settings add to the enrichment that plugins declare, fitted to the plugins that are loaded.
struct DeclaredEnrichment {
    /// A member that functions compute.
    struct Derived {
        let member: DerivedMember
        let function: CallableFunction
    }

    private(set) var enrichers: [EnricherDescription] = []
    private(set) var derived: [Derived] = []
    /// What does not fit, a sentence each, which names the setting. It is left out.
    private(set) var problems: [String] = []
    /// What is left out as no plugin that is loaded has what it needs, a sentence each.
    private(set) var lacking: [String] = []

    private let plugins: [EnrichingPlugin]

    init(_ configuration: EnrichmentConfiguration, _ plugins: [EnrichingPlugin]) {
        self.plugins = plugins
        for (id, enricher) in configuration.enrichers.sorted(by: { $0.key < $1.key }) {
            add(enricher, id, configuration.sources[enricher.source]?.kind)
        }
        let computed = Set(configuration.derived.map(\.member) + plugins.flatMap { $0.derivedMembers.map(\.member) })
        let active = enrichers + plugins.flatMap(\.enrichers).filter { configuration.enrichers[$0.id] != nil }
        let answers = Dictionary(
            active.map { ($0.member, $0.members.map(\.name)) }, uniquingKeysWith: { first, _ in first })
        let functions = FunctionPlan(plugins.flatMap(\.functions), mayBeImpure: true)
        for declared in configuration.derived {
            let place = "enrichment.derived.\(declared.member).\(declared.name), “\(declared.text)”"
            if let owner = owner(of: declared.member) {
                problems.append("\(place): expected a member that no plugin sets, and \(owner) sets \(declared.member)")
                continue
            }
            do throws(FunctionPlan.Mistake) {
                derived.append(try DeclaredCall.resolve(declared, functions, computed: computed, answers: answers))
            } catch .lacks(let reason) {
                lacking.append("\(place): \(reason)")
            } catch {
                problems.append("\(place): \(error.reason)")
            }
        }
    }

    private mutating func add(
        _ enricher: EnrichmentConfiguration.Enricher, _ id: String, _ source: SourceConfiguration.Kind?
    ) {
        let place = "enrichment.enrichers.\(id)"
        let plugin = plugins.first { $0.enrichers.contains { $0.id == id } }
        guard let declared = enricher.declared else {
            if plugin == nil { lacking.append("\(place): no plugin that is loaded has such an enricher") }
            return
        }
        if let plugin {
            problems.append(
                "\(place).member: expected none, as plugin \(plugin.id) has this enricher; found \(declared.member)")
            return
        }
        if let owner = owner(of: declared.member) {
            problems.append(
                "\(place).member: expected a member that no plugin sets, and \(owner) sets \(declared.member)")
            return
        }
        guard case .table(let table) = source else {
            return enrichers.append(declared.description(id, declared.members))
        }
        guard let tables = plugins.first(where: { $0.id == table.id.plugin })?.tables else {
            lacking.append("\(place): no plugin \(table.id.plugin) is loaded, whose table \(table.id) is its source")
            return
        }
        guard let columns = tables[table.id.table] else {
            problems.append(
                "enrichment.sources.\(enricher.source).table: expected a table of plugin \(table.id.plugin) "
                    + "(\(tables.keys.sorted().joined(separator: ", "))), found \(table.id.table)")
            return
        }
        do throws(TableMistake) {
            enrichers.append(try declared.description(id, of: table.id, columns, within: enricher.within))
        } catch {
            problems.append("\(place).\(error.key): \(error.reason)")
        }
    }

    /// The plugin that sets a member of events.
    private func owner(of member: String) -> String? {
        plugins.first { plugin in
            plugin.enrichers.contains { $0.member == member } || plugin.derivedMembers.contains { $0.member == member }
        }.map { "plugin \($0.id)" }
    }
}

extension EnrichmentConfiguration {
    /// What of these settings does not fit the plugins, a sentence each.
    ///
    /// - Parameters:
    ///   - plugins: their functions are not called.
    ///   - mayLackFunctions: what needs a function that no plugin has is left out, and no mistake.
    package func problems(with plugins: [EnrichingPlugin], mayLackFunctions: Bool) -> [String] {
        guard isActive else { return [] }
        let declared = DeclaredEnrichment(self, plugins)
        return declared.problems
            + (mayLackFunctions ? [] : declared.lacking.filter { $0.hasPrefix("enrichment.derived.") })
    }
}
