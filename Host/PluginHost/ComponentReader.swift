import CPluginAPI

/// Reads and checks what a plugin declares. What does not fit refuses the plugin, with the component's name and the property.
struct ComponentReader {
    let plugin: PluginIdentity
    let file: String
    let instance: lectern_plugin

    func refuse(_ field: String, wanted: String, found: String, remedy: String = "") -> PluginRefusal {
        PluginRefusal(file: file, field: field, wanted: wanted, found: found, remedy: remedy)
    }

    /// The struct that the plugin returns for an extension, copied; nil if it has none.
    func table<T>(_ name: String, as type: T.Type) -> T? {
        name.withText { text in instance.extension(instance.context, text) }.map { Self.copy($0) }
    }

    /// A sized struct of the plugin's, with zeros where its build knew less.
    static func copy<T>(_ pointer: UnsafeRawPointer) -> T {
        let known = min(Int(pointer.load(as: UInt32.self)), MemoryLayout<T>.size)
        return withUnsafeTemporaryAllocation(byteCount: MemoryLayout<T>.size, alignment: MemoryLayout<T>.alignment) {
            room in
            room.initializeMemory(as: UInt8.self, repeating: 0)
            room.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: known))
            return room.load(as: T.self)
        }
    }

    /// A component's id: of the right form, and not one of `taken`.
    func id(_ text: lectern_text, of kind: String, taken: inout Set<String>) throws(PluginRefusal) -> String {
        let id = text.string
        guard ComponentID.isValid(id, underscores: kind == "table") else {
            throw refuse("id of a \(kind)", wanted: ComponentID.rule, found: "“\(id)”")
        }
        guard taken.insert(id).inserted else {
            throw refuse("id of a \(kind)", wanted: "an id that no other has", found: "“\(id)” twice")
        }
        return id
    }

    func require(_ present: Bool, _ function: String, of component: String) throws(PluginRefusal) {
        guard present else { throw refuse(component, wanted: "a function `\(function)`", found: "none") }
    }

    func checkMemory(size: UInt32, alignment: UInt32, of what: String) throws(PluginRefusal) {
        guard size <= 65_536 else { throw refuse(what, wanted: "at most 65536 bytes", found: "\(size)") }
        guard alignment > 0, alignment <= 64, alignment & (alignment - 1) == 0 else {
            throw refuse(what, wanted: "an alignment of 1, 2, 4 … 64", found: "\(alignment)")
        }
    }
}

extension ComponentReader {
    func inputsAndReducers() throws(PluginRefusal) -> ([InputComponent], [ReducerComponent]) {
        guard let table = table(LECTERN_REDUCERS, as: lectern_reducers.self) else { return ([], []) }
        var inputs: [InputComponent] = []
        for index in 0..<Int(table.input_count) {
            let raw: lectern_input = Self.copy(table.inputs[index]!)
            try require(raw.read != nil, "read", of: "input \(index)")
            try checkMemory(size: raw.input_size, alignment: max(raw.input_align, 1), of: "input \(index)")
            inputs.append(InputComponent(raw: raw))
        }
        var taken: Set<String> = []
        var reducers: [ReducerComponent] = []
        for index in 0..<Int(table.reducer_count) {
            let raw: lectern_reducer = Self.copy(table.reducers[index]!)
            reducers.append(try reducer(raw, inputs: inputs.count, taken: &taken))
        }
        return (inputs, reducers)
    }

    private func reducer(_ raw: lectern_reducer, inputs: Int, taken: inout Set<String>) throws(PluginRefusal)
        -> ReducerComponent
    {
        let id = try id(raw.id, of: "reducer", taken: &taken)
        let name = "reducer \(id)"
        guard Int(raw.input) < inputs else {
            throw refuse("\(name), input", wanted: "an index below \(inputs)", found: "\(raw.input)")
        }
        try checkMemory(size: raw.state_size, alignment: raw.state_align, of: "\(name), state")
        try require(raw.`init` != nil, "init", of: name)
        try require(raw.reduce != nil, "reduce", of: name)
        try require(raw.encode != nil, "encode", of: name)
        try require(raw.decode != nil, "decode", of: name)
        guard (1...8).contains(raw.key_count) else {
            throw refuse("\(name), key", wanted: "1 to 8 parts", found: "\(raw.key_count)")
        }
        var key: [KeyDeclaration] = []
        for index in 0..<Int(raw.key_count) {
            key.append(try part(raw.key[index], of: name))
        }
        guard Set(key.map(\.name)).count == key.count else {
            throw refuse(
                "\(name), key", wanted: "parts of different names", found: key.map(\.name).joined(separator: ", "))
        }
        let component = ReducerComponent(
            raw: raw,
            description: ReducerDescription(
                id: id, version: Int(raw.version), types: (0..<Int(raw.type_count)).map { raw.types[$0].string },
                key: key),
            input: Int(raw.input))
        guard !component.isSpread || raw.merge != nil else {
            throw refuse(
                name, wanted: "a function `merge`", found: "none",
                remedy: "a key without the actor is spread over the partitions, so its parts must be merged")
        }
        return component
    }

    private func part(_ raw: lectern_key_part, of reducer: String) throws(PluginRefusal) -> KeyDeclaration {
        let name = raw.name.string
        guard !name.isEmpty else { throw refuse("\(reducer), key", wanted: "a name for each part", found: "none") }
        switch raw.kind {
        case LECTERN_KEY_ACTOR: return KeyDeclaration(kind: .actor, name: name)
        case LECTERN_KEY_HOUR: return KeyDeclaration(kind: .hour, name: name)
        case LECTERN_KEY_DAY: return KeyDeclaration(kind: .day, name: name)
        case LECTERN_KEY_WINDOW: return KeyDeclaration(kind: .window, name: name)
        case LECTERN_KEY_FIELD:
            let path = raw.path.string
            guard !path.isEmpty, !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
                throw refuse("\(reducer), key", wanted: "the path of a field", found: "“\(path)”")
            }
            return KeyDeclaration(kind: .field(path: path), name: name)
        default:
            throw refuse("\(reducer), key", wanted: "actor, field, hour, day or window", found: "kind \(raw.kind)")
        }
    }

    func sources() throws(PluginRefusal) -> [SourceComponent] {
        guard let table = table(LECTERN_SOURCES, as: lectern_sources.self) else { return [] }
        var taken: Set<String> = []
        var sources: [SourceComponent] = []
        for index in 0..<Int(table.count) {
            let raw: lectern_source = Self.copy(table.items[index]!)
            let id = try id(raw.id, of: "source", taken: &taken)
            try require(raw.decode != nil, "decode", of: "source \(id)")
            sources.append(SourceComponent(raw: raw, id: id, plugin: plugin.id))
        }
        return sources
    }
}

extension ComponentReader {
    func aggregators(over reducers: [ReducerComponent], taken: inout Set<String>) throws(PluginRefusal)
        -> [AggregatorComponent]
    {
        guard let table = table(LECTERN_AGGREGATORS, as: lectern_aggregators.self) else { return [] }
        var aggregators: [AggregatorComponent] = []
        for index in 0..<Int(table.count) {
            let raw: lectern_aggregator = Self.copy(table.items[index]!)
            let id = try id(raw.id, of: "aggregator", taken: &taken)
            let name = "aggregator \(id)"
            guard let reducer = reducers.firstIndex(where: { $0.id == raw.reducer.string }) else {
                throw refuse("\(name), reducer", wanted: "a reducer of this plugin", found: "“\(raw.reducer.string)”")
            }
            let group = (0..<Int(raw.group_count)).map { Int(raw.group[$0]) }
            guard group.allSatisfy({ $0 < reducers[reducer].key.count }) else {
                throw refuse(
                    "\(name), group", wanted: "indices below \(reducers[reducer].key.count)", found: "\(group)")
            }
            try checkMemory(size: raw.accumulator_size, alignment: raw.accumulator_align, of: "\(name), accumulator")
            try require(raw.`init` != nil, "init", of: name)
            try require(raw.add != nil, "add", of: name)
            try require(raw.retract != nil, "retract", of: name)
            aggregators.append(AggregatorComponent(raw: raw, id: id, reducer: reducer, group: group))
        }
        return aggregators
    }

    func tables(
        over reducers: [ReducerComponent], _ aggregators: [AggregatorComponent]
    ) throws(PluginRefusal) -> [TableComponent] {
        guard let list = table(LECTERN_TABLES, as: lectern_tables.self) else { return [] }
        var taken: Set<String> = []
        var tables: [TableComponent] = []
        for index in 0..<Int(list.count) {
            let raw: lectern_table = Self.copy(list.items[index]!)
            let id = try id(raw.id, of: "table", taken: &taken)
            let name = "table \(id)"
            try require(raw.rows != nil, "rows", of: name)
            let from = raw.from.string
            let origin: TableComponent.Origin
            if let reducer = reducers.firstIndex(where: { $0.id == from }) {
                origin = .reducer(reducer)
            } else if let aggregator = aggregators.firstIndex(where: { $0.id == from }) {
                origin = .aggregator(aggregator)
            } else {
                throw refuse("\(name), from", wanted: "a reducer or aggregator of this plugin", found: "“\(from)”")
            }
            let columns = try columns(of: raw, name)
            let title = raw.title.string
            tables.append(
                TableComponent(
                    raw: raw,
                    description: TableDescription(id: id, title: title.isEmpty ? id : title, columns: columns),
                    origin: origin))
        }
        return tables
    }

    /// The dashboards' definitions, as JSON; empty if there are none.
    func dashboardText() -> String {
        table(LECTERN_DASHBOARDS, as: lectern_dashboards.self)?.json.string ?? ""
    }

    private func columns(of raw: lectern_table, _ table: String) throws(PluginRefusal) -> [TableColumn] {
        var columns: [TableColumn] = []
        for index in 0..<Int(raw.column_count) {
            let column = raw.columns[index]
            let name = column.name.string
            guard !name.isEmpty, !columns.contains(where: { $0.name == name }) else {
                throw refuse("\(table), column \(index)", wanted: "a name that no other has", found: "“\(name)”")
            }
            guard let type = ColumnType(column.type) else {
                throw refuse("\(table), column \(name)", wanted: "a type from 1 to 5", found: "\(column.type)")
            }
            let title = column.title.string
            columns.append(
                TableColumn(
                    name: name, title: title.isEmpty ? name : title, type: type,
                    isKey: column.flags & LECTERN_COLUMN_KEY != 0))
        }
        guard columns.contains(where: \.isKey) else {
            throw refuse(table, wanted: "a column that is the row's key", found: "none")
        }
        return columns
    }
}
