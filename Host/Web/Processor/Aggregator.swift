import HTTPTypes

/// What `/processor/aggregation` can be asked for: a reducer of a plugin, or one of its tables.
struct Aggregator: Equatable {
    enum Kind: Equatable {
        /// With the names of its key's parts.
        case reducer(key: [String])
        case table
    }

    let plugin: String
    let id: String
    let kind: Kind

    var name: String { "\(plugin).\(id)" }

    /// All that there are. A reducer comes before a table of the same name, which it hides.
    static func all(_ plugins: [PluginListing]) -> [Aggregator] {
        plugins.flatMap { plugin in
            plugin.reducers.map {
                Aggregator(plugin: plugin.id, id: $0, kind: .reducer(key: plugin.keys[$0] ?? []))
            } + plugin.tables.map { Aggregator(plugin: plugin.id, id: $0, kind: .table) }
        }
    }

    /// The one that a request means: by `PLUGIN.COMPONENT`, or by the component's id alone if only one plugin has it. `_` and `-`
    /// are not told apart where that makes no difference.
    ///
    /// - Throws: `WebError` 400 or 404 that lists what there is.
    static func find(_ text: String?, in plugins: [PluginListing]) throws(WebError) -> Aggregator {
        let all = all(plugins)
        let names =
            all.isEmpty ? "No plugin has any." : "There are: \(Set(all.map(\.name)).sorted().joined(separator: ", "))."
        guard let text else {
            throw WebError(.badRequest, "no-aggregator", "Say which with aggregator=PLUGIN.COMPONENT. \(names)")
        }
        for fits in [{ $0 == text }, { spelled($0) == spelled(text) }] as [(String) -> Bool] {
            if let found = all.first(where: { fits($0.name) }) { return found }
            let found = all.filter { fits($0.id) }
            let owners = Set(found.map(\.plugin)).sorted()
            if owners.count > 1 {
                let choices = owners.map { "\($0).\(found[0].id)" }.joined(separator: " or ")
                throw WebError(
                    .badRequest, "ambiguous-aggregator", "aggregator=\(text): several plugins have it. Say \(choices).")
            }
            if let first = found.first { return first }
        }
        throw WebError(.notFound, "unknown-aggregator", "There is no aggregator \"\(text)\". \(names)")
    }

    private static func spelled(_ name: String) -> String { name.replacing("_", with: "-") }
}
