import CPluginAPI

/// One instance of a plugin: the tables of what it is made of, as the host asks for them.
final class PluginInstance {
    private let tables: [(id: Text, table: UnsafeRawPointer)]

    func table(of id: Text) -> UnsafeRawPointer? { tables.first { $0.id == id }?.table }

    init(_ components: [Component], host: HostConnection) throws {
        var parts = Parts()
        for component in components { parts.add(component) }
        try parts.check()
        tables = parts.declare(host)
    }
}

/// The components of a plugin, by kind.
private struct Parts {
    var reducers: [ReducerComponent] = []
    var aggregators: [any Aggregator.Type] = []
    var tables: [any Table] = []
    var sources: [any Source] = []
    var dashboards: [Dashboard] = []
    var functions: [Function] = []
    var enrichers: [Enricher] = []
    var derivedMembers: [DerivedMember] = []

    mutating func add(_ component: Component) {
        switch component.content {
        case .reducer(let reducer): reducers.append(reducer)
        case .aggregator(let aggregator): aggregators.append(aggregator)
        case .table(let table): tables.append(table)
        case .source(let source): sources.append(source)
        case .dashboard(let dashboard): dashboards.append(dashboard)
        case .function(let function): functions.append(function)
        case .enricher(let enricher): enrichers.append(enricher)
        case .derivedMember(let member): derivedMembers.append(member)
        }
    }

    /// What the host could not tell, or only in other words than the author's.
    func check() throws {
        for reducer in reducers {
            if reducer.spread == nil { try reducer.type.checkLocal() }
            try reducer.type.checkMigrations()
        }
        let reducerIDs = reducers.map(\.id)
        for aggregator in aggregators { try aggregator.check(reducerIDs) }
        let sourceIDs = reducerIDs + aggregators.map { aggregator in aggregator.id }
        for table in tables { try table.check(sourceIDs) }
        for function in functions { try function.check() }
        for enricher in enrichers { try enricher.check() }
        for member in derivedMembers { try member.check(functions) }
    }

    func declare(_ host: HostConnection) -> [(id: Text, table: UnsafeRawPointer)] {
        var declared: [(id: Text, table: UnsafeRawPointer)] = []
        if !reducers.isEmpty {
            declared.append((Text(LECTERN_REDUCERS), UnsafeRawPointer(declareReducers(host))))
        }
        let migrations = reducers.flatMap { $0.type.migrationDeclarations(host) }
        if !migrations.isEmpty {
            let table = lectern_migrations(
                size: UInt32(MemoryLayout<lectern_migrations>.size), count: UInt32(migrations.count),
                items: pointers(migrations))
            declared.append((Text(LECTERN_MIGRATIONS), UnsafeRawPointer(Permanent.value(table))))
        }
        let timers = reducers.compactMap { $0.timed?.timerDeclaration() }
        if !timers.isEmpty {
            let table = lectern_timers(
                size: UInt32(MemoryLayout<lectern_timers>.size), count: UInt32(timers.count), items: pointers(timers))
            declared.append((Text(LECTERN_TIMERS), UnsafeRawPointer(Permanent.value(table))))
        }
        let windows = reducers.compactMap { $0.windowed?.windowDeclaration() }
        if !windows.isEmpty {
            let table = lectern_windows(
                size: UInt32(MemoryLayout<lectern_windows>.size), count: UInt32(windows.count), items: pointers(windows)
            )
            declared.append((Text(LECTERN_WINDOWS), UnsafeRawPointer(Permanent.value(table))))
        }
        if !aggregators.isEmpty {
            let items = aggregators.map { $0.declaration(host) }
            let table = lectern_aggregators(
                size: UInt32(MemoryLayout<lectern_aggregators>.size), count: UInt32(items.count), items: pointers(items)
            )
            declared.append((Text(LECTERN_AGGREGATORS), UnsafeRawPointer(Permanent.value(table))))
        }
        if !tables.isEmpty {
            let items = tables.map { $0.declaration() }
            let table = lectern_tables(
                size: UInt32(MemoryLayout<lectern_tables>.size), count: UInt32(items.count), items: pointers(items))
            declared.append((Text(LECTERN_TABLES), UnsafeRawPointer(Permanent.value(table))))
        }
        if !sources.isEmpty {
            let items = sources.map { $0.declaration() }
            let table = lectern_sources(
                size: UInt32(MemoryLayout<lectern_sources>.size), count: UInt32(items.count), items: pointers(items))
            declared.append((Text(LECTERN_SOURCES), UnsafeRawPointer(Permanent.value(table))))
        }
        if !dashboards.isEmpty {
            let table = lectern_dashboards(
                size: UInt32(MemoryLayout<lectern_dashboards>.size), flags: 0,
                json: Permanent.text(Dashboard.json(dashboards)))
            declared.append((Text(LECTERN_DASHBOARDS), UnsafeRawPointer(Permanent.value(table))))
        }
        if !functions.isEmpty {
            let items = functions.map { $0.declaration() }
            let table = lectern_functions(
                size: UInt32(MemoryLayout<lectern_functions>.size), count: UInt32(items.count), items: pointers(items))
            declared.append((Text(LECTERN_FUNCTIONS), UnsafeRawPointer(Permanent.value(table))))
        }
        if !enrichers.isEmpty || !derivedMembers.isEmpty {
            let table = lectern_enrichers(
                size: UInt32(MemoryLayout<lectern_enrichers>.size), count: UInt32(enrichers.count),
                items: pointers(enrichers.map { $0.declaration() }), derived_count: UInt32(derivedMembers.count),
                zero: 0, derived: pointers(derivedMembers.map { $0.declaration() }))
            declared.append((Text(LECTERN_ENRICHERS), UnsafeRawPointer(Permanent.value(table))))
        }
        return declared
    }

    /// Reducers with the inputs that they share.
    private func declareReducers(_ host: HostConnection) -> UnsafePointer<lectern_reducers> {
        var inputs: [UnsafePointer<lectern_input>] = []
        var indices: [ObjectIdentifier: Int] = [:]
        func input<R: Reducer>(of reducer: R.Type) -> Int {
            if let index = indices[ObjectIdentifier(R.Input.self)] { return index }
            inputs.append(declaration(ofInput: R.Input.self))
            indices[ObjectIdentifier(R.Input.self)] = inputs.count - 1
            return inputs.count - 1
        }
        let items = reducers.map { $0.declaration(input: input(of: $0.type), host: host) }
        return Permanent.value(
            lectern_reducers(
                size: UInt32(MemoryLayout<lectern_reducers>.size), flags: 0, input_count: UInt32(inputs.count),
                reducer_count: UInt32(items.count), inputs: pointers(inputs), reducers: pointers(items)))
    }

    private func pointers<Item>(_ items: [UnsafePointer<Item>]) -> UnsafePointer<UnsafePointer<Item>?>? {
        Permanent.array(items.map(Optional.some))
    }
}

extension Text {
    /// The id of an extension, which C declares as a literal.
    fileprivate init(_ id: String) { self.init(Permanent.text(id)) }
}
