import CPluginAPI
import KeyValueStore
import PluginHost
import Records

/// What is shown of one plugin: its states as of the last checkpoints, their aggregates, and the tables made of both. Costs a
/// change, not a class. Not thread-safe.
final class PluginView {
    /// A state that rows may depend on.
    private struct Place: Hashable {
        let reducer: Int
        let key: [UInt8]
    }

    /// The rows that a key of a table's origin makes.
    private struct Rows: Hashable {
        let table: Int
        let key: [UInt8]
    }

    let plugin: Plugin
    let tables: [ViewedTable]
    private let reducers: [ViewedReducer]
    private let groups: [Groups]
    /// Which rows have looked a state up.
    private var readers: [Place: Set<Rows>] = [:]
    private var stale: Set<Rows> = []
    /// The tables that have changed since `takeChangedTables`.
    private var changed: Set<TableID> = []
    private var making: Rows?
    private var made: [[Cell]] = []

    /// The position of the checkpoint that was taken last, by partition.
    private var positions: [Int: UInt64] = [:]

    init(_ plugin: Plugin, _ columns: DerivedColumns, _ versions: VersionCounter) {
        self.plugin = plugin
        tables = plugin.tables.map { ViewedTable($0, plugin: plugin.id, columns, versions) }
        reducers = plugin.reducers.map(ViewedReducer.init)
        groups = plugin.aggregators.map(Groups.init)
    }

    /// Takes the states that a checkpoint holds, unless a later one was taken already. Rows follow with `makeRows`.
    ///
    /// - Parameter newestFirst: the blocks are all that a store holds of the partition, with several versions of a state, of which
    ///   the first counts.
    func apply(_ blocks: [StateBlock], partition: Int, position: UInt64, newestFirst: Bool) {
        guard newestFirst || position >= positions[partition, default: 0] else { return }
        positions[partition] = position
        /// Keys whose last word was met, by reducer.
        var met: [Int: Set<[UInt8]>] = [:]
        if newestFirst { for index in reducers.indices { met[index] = [] } }
        for block in blocks where !block.external {
            guard
                let index = plugin.reducers.firstIndex(where: {
                    $0.id == block.component && $0.version == block.incarnation
                })
            else { continue }
            block.forEachEntry { key, value in
                let key = Array(key)
                guard newestFirst else { return update(index, key, partition, value.map { Array($0) }) }
                guard met[index, default: []].insert(key).inserted else { return }
                update(index, key, partition, value.map { Array($0) })
            }
        }
        // What the store holds no more, is gone.
        for (index, keys) in met {
            for key in reducers[index].keys(of: partition) where !keys.contains(key) {
                update(index, key, partition, nil)
            }
        }
    }

    private func update(_ index: Int, _ key: [UInt8], _ partition: Int, _ value: [UInt8]?) {
        _ = reducers[index].update(key, partition: partition, value) { before, after in
            key.withUnsafeBytes { key in
                for (number, aggregator) in plugin.aggregators.enumerated() where aggregator.reducer == index {
                    var group: [UInt8]?
                    if let before { group = groups[number].retract(key, before) }
                    if let after { group = groups[number].add(key, after) }
                    guard let group else { continue }
                    if after == nil { groups[number].dropIfEmpty(group) }
                    for (table, viewed) in tables.enumerated() where viewed.component.origin == .aggregator(number) {
                        stale.insert(Rows(table: table, key: group))
                    }
                }
            }
            for (table, viewed) in tables.enumerated() where viewed.component.origin == .reducer(index) {
                stale.insert(Rows(table: table, key: key))
            }
            if let readers = readers[Place(reducer: index, key: key)] { stale.formUnion(readers) }
        }
    }

    /// Makes the rows that have become stale.
    func makeRows() {
        for rows in stale { tables[rows.table].add(rows.key, make(rows)) }
        stale.removeAll()
        for table in tables where table.takeRows() { changed.insert(table.id) }
    }

    /// The tables whose rows have changed since the last call.
    func takeChangedTables() -> Set<TableID> {
        defer { changed = [] }
        return changed
    }

    /// The external state under a key, `text` as it is shown; nil if there is none.
    func entry(_ reducer: Int, _ key: [UInt8], text: String) -> StateEntry? {
        guard let state = reducers[reducer][key] else { return nil }
        let raw = plugin.reducers[reducer].raw
        var value = Bytes()
        if let reason = plugin.encode(state, by: raw.external ?? raw.encode, raw.context, to: &value.raw) {
            return StateEntry(key: text, json: "null", problem: "expected one CBOR item, found \(reason)")
        }
        var json = Bytes()
        guard CBOR.appendJSON(of: value.contents, to: &json) else {
            let problem = "expected one CBOR item, found \(value.count) bytes that are none"
            return StateEntry(key: text, json: "null", problem: problem)
        }
        return StateEntry(key: text, json: json.string)
    }

    func keys(of reducer: Int) -> some Collection<[UInt8]> { reducers[reducer].keys }
}

extension PluginView {
    private func make(_ rows: Rows) -> [[Cell]] {
        let component = tables[rows.table].component
        let state: UnsafeRawPointer?
        switch component.origin {
        case .reducer(let index): state = reducers[index][rows.key]
        case .aggregator(let index): state = groups[index][rows.key]
        }
        guard let state else { return [] }
        making = rows
        made = []
        defer { made = [] }
        var call = lectern_rows()
        call.size = UInt32(MemoryLayout<lectern_rows>.size)
        call.context = Unmanaged.passUnretained(self).toOpaque()
        call.emit = { context, values, count in
            PluginView.of(context).emit(UnsafeBufferPointer(start: values, count: Int(count)))
        }
        call.lookup = { context, reducer, key in PluginView.of(context).find(reducer.string, key!.pointee) }
        rows.key.withUnsafeBytes { stored in
            var key = KeyValues()
            key.read(stored)
            key.withKey { component.raw.rows(component.raw.context, $0, state, &call) }
        }
        return made
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> PluginView {
        Unmanaged<PluginView>.fromOpaque(context!).takeUnretainedValue()
    }

    private func emit(_ values: UnsafeBufferPointer<lectern_value>) {
        guard let making else { return }
        let columns = tables[making.table].component.columns
        made.append(columns.indices.map { $0 < values.count ? Cell(values[$0], columns[$0].type) : .null })
    }

    private func find(_ reducer: String, _ key: lectern_key) -> UnsafeRawPointer? {
        guard let index = plugin.reducer(reducer), let making else { return nil }
        let key = KeyBytes.encode(UnsafeBufferPointer(start: key.parts, count: Int(key.count)).map(KeyPart.init))
        readers[Place(reducer: index, key: key), default: []].insert(making)
        return reducers[index][key]
    }
}
