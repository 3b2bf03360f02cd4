import CPluginAPI
import CRecords
import PluginHost
import Records

/// Writes the rows of one table as JSON lines: an object for each row, its columns in their order, sorted by their bytes.
final class TableOutput {
    private let states: MergedStates
    private let table: TableComponent
    /// Columns that follow the table's own.
    private let derived: [DerivedColumn]
    /// Rows that wait for their derived columns, so that a function is called for many at once: each as it begins, and its
    /// cells.
    private var waiting: [(line: [UInt8], cells: [Cell])] = []
    /// So many rows wait at most.
    private static let batch = 1024
    private let file: LineFile
    /// What stands before each column's value.
    private let names: [[UInt8]]

    /// Writes all rows of the table.
    init(
        _ table: TableComponent, _ derived: [DerivedColumn], of states: MergedStates, to file: LineFile
    ) throws(InputError) {
        self.file = file
        self.states = states
        self.table = table
        self.derived = derived
        names = (table.columns + derived.map(\.column)).enumerated().map { index, column in
            var name = Bytes()
            name.append(byte: index == 0 ? 0x7b : 0x2c)
            name.appendJSON(column.name)
            name.append(byte: 0x3a)
            return name.array
        }
        makeRows()
        writeWaiting()
        try file.endGroup()
    }

    private func makeRows() {
        var rows = lectern_rows()
        rows.size = UInt32(MemoryLayout<lectern_rows>.size)
        rows.context = Unmanaged.passUnretained(self).toOpaque()
        rows.emit = { context, values, count in
            TableOutput.of(context).add(UnsafeBufferPointer(start: values, count: Int(count)))
        }
        rows.lookup = { context, reducer, key in TableOutput.of(context).find(reducer.string, key!.pointee) }
        var key = KeyValues()
        let raw = table.raw
        switch table.origin {
        case .reducer(let index):
            states.forEach(index) { stored, state in
                key.read(stored)
                key.withKey { raw.rows(raw.context, $0, state, &rows) }
            }
        case .aggregator(let index):
            let groups = Groups(states.plugin.aggregators[index], of: states)
            groups.forEach { group, accumulator in
                key.read(group)
                key.withKey { raw.rows(raw.context, $0, accumulator, &rows) }
            }
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> TableOutput {
        Unmanaged<TableOutput>.fromOpaque(context!).takeUnretainedValue()
    }

    private func add(_ values: UnsafeBufferPointer<lectern_value>) {
        guard !derived.isEmpty else {
            return file.add(skip: names[0].count) { line in
                write(values, to: &line)
                line.append(byte: 0x7d)
            }
        }
        var line = Bytes()
        write(values, to: &line)
        let cells = table.columns.indices.map { index in
            index < values.count ? Cell(values[index], table.columns[index].type) : .null
        }
        waiting.append((line.array, cells))
        if waiting.count == Self.batch { writeWaiting() }
    }

    private func write(_ values: UnsafeBufferPointer<lectern_value>, to line: inout Bytes) {
        for (index, column) in table.columns.enumerated() {
            names[index].withUnsafeBytes { line.append($0) }
            let value = index < values.count ? values[index] : lectern_value()
            line.appendJSON(value, asTime: column.type == .time)
        }
    }

    private func writeWaiting() {
        let rows = waiting.map(\.cells)
        let added = derived.map { $0.cells(for: rows) }
        for (row, begun) in waiting.enumerated() {
            file.add(skip: names[0].count) { line in
                begun.line.withUnsafeBytes { line.append($0) }
                for (index, cells) in added.enumerated() {
                    names[table.columns.count + index].withUnsafeBytes { line.append($0) }
                    line.appendJSON(cells[row])
                }
                line.append(byte: 0x7d)
            }
        }
        waiting.removeAll(keepingCapacity: true)
    }

    private func find(_ reducer: String, _ key: lectern_key) -> UnsafeRawPointer? {
        guard let index = states.plugin.reducer(reducer) else { return nil }
        let parts = UnsafeBufferPointer(start: key.parts, count: Int(key.count)).map(KeyPart.init)
        return states.state(index, parts)
    }
}

extension KeyPart {
    init(_ value: lectern_value) {
        switch value.tag {
        case LECTERN_TEXT: self = .text(String(decoding: value.text!, as: UTF8.self))
        case LECTERN_FALSE: self = .boolean(false)
        case LECTERN_TRUE: self = .boolean(true)
        default: self = .integer(value.as.integer)
        }
    }
}
