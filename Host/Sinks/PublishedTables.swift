import PluginHost
import Records

/// Publishes tables into an output: all rows first, whenever the host begins or has lost its place, and then what changes. Not
/// thread-safe.
///
/// A line says which table, and either what a row is now or the key of one that is gone. Rows have keys, so whoever reads lines
/// twice has the same in the end; the line that begins all rows of a table says that what came before no longer counts.
final class PublishedTables: TableStore {
    private let output: any EventOutput
    /// Events that are given to the output at once.
    private let limit: Int
    private let isOver: () -> Bool
    private let batch = EventBatch()
    private var isOpen = false

    /// - Parameter isOver: whether to give up waiting for the output.
    init(_ output: sending any EventOutput, limit: Int, isOver: @escaping () -> Bool) {
        self.output = output
        self.limit = limit
        self.isOver = isOver
    }

    func open() throws(WarehouseError) {
        if isOpen { return }
        do { try output.open(nil) { _ in } } catch { throw .away("\(error)") }
        isOpen = true
    }

    func replace(_ rows: PendingTables, of plugin: String) throws(WarehouseError) {
        try publish(rows, of: plugin, isWhole: true)
    }

    /// Follows what this process has published itself, so it needs no base.
    func apply(
        _ changes: PendingTables, of plugin: String, after base: [Int: TableChanges.Position]
    ) throws(WarehouseError) {
        try publish(changes, of: plugin, isWhole: false)
    }

    private func publish(_ pending: PendingTables, of plugin: String, isWhole: Bool) throws(WarehouseError) {
        try open()
        for (name, table) in pending.tables.sorted(by: { $0.key < $1.key }) {
            let id = TableID(plugin: plugin, table: name)
            if isWhole { append(id, "") { $0.append(",\"all\":true}") } }
            let lines = RowLines(id, table.columns)
            for (key, row) in table.rows {
                append(id, lines.key(key)) { lines.append(key, row, to: &$0) }
                if batch.events.count >= limit { try flush() }
            }
        }
        try flush()
    }

    private func append(_ table: TableID, _ key: String, _ rest: (inout Bytes) -> Void) {
        let name = "\(table.plugin)/\(table.table)"
        batch.append(type: name, key: key) { line in
            line.append("{\"table\":")
            line.appendJSON(name)
            rest(&line)
        }
    }

    /// What fails stays: it comes once more, among newer rows.
    private func flush() throws(WarehouseError) {
        guard !batch.events.isEmpty else { return }
        defer { batch.removeAll() }
        do { try output.publish(batch, isOver: isOver) } catch { throw .away("\(error)") }
    }
}

/// The lines of one table's rows.
private struct RowLines {
    /// What stands before each column's value.
    private let names: [[UInt8]]
    private let keys: [Int]

    init(_ table: TableID, _ columns: [TableColumn]) {
        keys = columns.indices.filter { columns[$0].isKey }
        names = columns.map { column in
            var name = Bytes()
            name.appendJSON(column.name)
            name.append(byte: 0x3a)
            return name.array
        }
    }

    /// A row's key as a JSON array.
    func key(_ cells: [Cell]) -> String {
        var text = Bytes()
        for (index, cell) in cells.enumerated() {
            text.append(byte: index == 0 ? 0x5b : 0x2c)
            text.appendJSON(cell)
        }
        text.append(byte: 0x5d)
        return text.string
    }

    /// Appends the row, or the key of one that is gone, and ends the object.
    func append(_ key: [Cell], _ row: [Cell]?, to line: inout Bytes) {
        line.append(row == nil ? ",\"gone\":" : ",\"row\":")
        let cells = row.map { Array(zip(names, $0)) } ?? zip(keys, key).map { (names[$0], $1) }
        for (index, (name, cell)) in cells.enumerated() {
            line.append(byte: index == 0 ? 0x7b : 0x2c)
            name.withUnsafeBytes { line.append($0) }
            line.appendJSON(cell)
        }
        line.append("}}")
    }
}
