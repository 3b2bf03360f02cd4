/// What a plugin declares, as data: the same whether its code was loaded in this process or in a worker.
package struct PluginDescription: Sendable {
    package let identity: PluginIdentity
    /// The file that it was staged from.
    package let file: String
    package let reducers: [ReducerDescription]
    /// Ids.
    package let sources: [String]
    /// Ids.
    package let aggregators: [String]
    package let tables: [TableDescription]
    package let functions: [FunctionDescription]
    package let migrations: [Migration]
    package let enrichers: [EnricherDescription]
    package let derivedMembers: [DerivedMember]
    package let dashboards: [DashboardDefinition]
    /// The dashboards as the plugin wrote them.
    private let dashboardText: String
    /// The columns that the operator adds to each table: dashboards may name them.
    private let derivedColumns: [String: Set<String>]

    package var id: String { identity.id }

    /// The types of events that its reducers name.
    package var types: [String] { reducers.flatMap(\.types) }

    package func reducer(_ id: String) -> ReducerDescription? { reducers.first { $0.id == id } }

    /// - Throws: `PluginRefusal` if the dashboards are none, or ask for what the tables don't have.
    init(
        identity: PluginIdentity, file: String, reducers: [ReducerDescription], sources: [String],
        aggregators: [String], tables: [TableDescription], functions: [FunctionDescription], migrations: [Migration],
        enrichers: [EnricherDescription], derivedMembers: [DerivedMember],
        dashboardText: String, derivedColumns: [String: Set<String>]
    ) throws(PluginRefusal) {
        self.identity = identity
        self.file = file
        self.reducers = reducers
        self.sources = sources
        self.aggregators = aggregators
        self.tables = tables
        self.functions = functions
        self.migrations = migrations
        self.enrichers = enrichers
        self.derivedMembers = derivedMembers
        self.dashboardText = dashboardText
        self.derivedColumns = derivedColumns
        guard !dashboardText.isEmpty else {
            dashboards = []
            return
        }
        let columns = Dictionary(tables.map { ($0.id, $0.columns) }, uniquingKeysWith: { first, _ in first })
        let (definitions, malformed) = DashboardDefinition.read(json: Array(dashboardText.utf8))
        let problems = malformed + definitions.flatMap { $0.validate(tables: columns, derivedColumns: derivedColumns) }
        guard problems.isEmpty else {
            throw PluginRefusal(
                file: file, field: "dashboards", wanted: "definitions that fit the plugin's tables",
                found: problems.map { "\($0)" }.joined(separator: "; "))
        }
        dashboards = definitions
    }
}

/// What a plugin says of one of its reducers.
package struct ReducerDescription: Sendable, Codable, Equatable {
    package let id: String
    package let version: Int
    /// Event types that it takes; empty for all.
    package let types: [String]
    package let key: [KeyDeclaration]
    /// The windows that its key names; nil: it names none.
    package internal(set) var windows: WindowDescription?

    /// Whether a state is put together from a part for each partition.
    package var isSpread: Bool { !key.contains { $0.kind == .actor } }
}

/// What a plugin says of one of its tables.
package struct TableDescription: Sendable, Codable, Equatable {
    package let id: String
    package let title: String
    package let columns: [TableColumn]
}

// A worker describes its plugin in this form. Whatever the plugin has done to the worker: what comes is checked again.
extension PluginDescription: Codable {
    private enum CodingKeys: String, CodingKey {
        case identity, file, reducers, sources, aggregators, tables, functions, migrations, enrichers, derivedMembers,
            dashboards
        case derivedColumns
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            identity: values.decode(PluginIdentity.self, forKey: .identity),
            file: values.decode(String.self, forKey: .file),
            reducers: values.decode([ReducerDescription].self, forKey: .reducers),
            sources: values.decode([String].self, forKey: .sources),
            aggregators: values.decode([String].self, forKey: .aggregators),
            tables: values.decode([TableDescription].self, forKey: .tables),
            functions: values.decode([FunctionDescription].self, forKey: .functions),
            migrations: values.decode([Migration].self, forKey: .migrations),
            enrichers: values.decode([EnricherDescription].self, forKey: .enrichers),
            derivedMembers: values.decode([DerivedMember].self, forKey: .derivedMembers),
            dashboardText: values.decode(String.self, forKey: .dashboards),
            derivedColumns: values.decode([String: Set<String>].self, forKey: .derivedColumns))
        guard tables.allSatisfy({ $0.columns.contains(where: \.isKey) }) else {
            throw PluginRefusal(
                file: file, field: "tables", wanted: "a column in each that is the row's key", found: "none")
        }
        let components = reducers.map(\.id) + aggregators
        for ids in [components, sources, tables.map(\.id), functions.map(\.id), enrichers.map(\.id)] {
            guard Set(ids).count == ids.count, ids.allSatisfy({ ComponentID.isValid($0, underscores: true) }) else {
                throw PluginRefusal(
                    file: file, field: "components", wanted: "ids that differ, \(ComponentID.rule)",
                    found: ids.joined(separator: ", "))
            }
        }
        try checkEnrichers()
    }

    private func checkEnrichers() throws(PluginRefusal) {
        let members = enrichers.map(\.member) + derivedMembers.map(\.member)
        let areWhole = enrichers.allSatisfy { (1...8).contains($0.key.count) && !$0.members.isEmpty }
        let areCalled = derivedMembers.allSatisfy { member in
            functions.contains { $0.id == member.function && $0.arguments.count == member.arguments.count }
        }
        guard members.allSatisfy(AnswerMember.isValid), areWhole, areCalled else {
            throw PluginRefusal(
                file: file, field: "enrichers",
                wanted: "members, each \(AnswerMember.rule), keys, and functions of the plugin",
                found: members.joined(separator: ", "))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(identity, forKey: .identity)
        try values.encode(file, forKey: .file)
        try values.encode(reducers, forKey: .reducers)
        try values.encode(sources, forKey: .sources)
        try values.encode(aggregators, forKey: .aggregators)
        try values.encode(tables, forKey: .tables)
        try values.encode(functions, forKey: .functions)
        try values.encode(migrations, forKey: .migrations)
        try values.encode(enrichers, forKey: .enrichers)
        try values.encode(derivedMembers, forKey: .derivedMembers)
        try values.encode(dashboardText, forKey: .dashboards)
        try values.encode(derivedColumns, forKey: .derivedColumns)
    }
}
