import PluginHost
import Records
import Rules

// What a worker answers, and what it tells of events. Each type writes itself and reads what it wrote.

/// The events that a worker's plugin does not fold.
enum RejectionsMessage {
    static func send(_ rejections: [Rejection], to channel: WorkerChannel) {
        var writer = WireWriter()
        writer.write(UInt32(rejections.count))
        for rejection in rejections {
            writer.write(UInt32(rejection.partition))
            writer.write(rejection.position)
            writer.write(rejection.cause.rawValue)
            writer.write(rejection.reason)
            writer.write(rejection.payload)
        }
        channel.send(.rejected, writer.bytes)
    }

    static func read(_ message: [UInt8], of build: PluginBuild) throws(MalformedMessage) -> [Rejection] {
        try message.read { reader throws(MalformedMessage) in
            var rejections: [Rejection] = []
            for _ in 0..<(try reader.count()) {
                let partition = Int(try reader.integer(UInt32.self))
                let position = try reader.integer(UInt64.self)
                guard let cause = Rejection.Cause(rawValue: try reader.text()) else {
                    throw MalformedMessage("a cause of rejection that is none")
                }
                rejections.append(
                    Rejection(
                        cause: cause, plugin: build.id, build: build.description.identity.build, partition: partition,
                        position: position, reason: try reader.text(), payload: Array(try reader.part())))
            }
            return rejections
        }
    }
}

/// How often each filter rule did what, by a shard.
enum FilterCountsMessage {
    static func send(_ counts: [FilterCounts], shard: Int, to channel: WorkerChannel) {
        var writer = WireWriter()
        writer.write(UInt32(shard))
        writer.write(UInt32(counts.count))
        for count in counts {
            writer.write(count.rule)
            for number in [count.matched, count.blocked, count.unknown, count.errors] { writer.write(number) }
        }
        channel.send(.filtered, writer.bytes)
    }

    static func read(_ message: [UInt8]) throws(MalformedMessage) -> (shard: Int, counts: [FilterCounts]) {
        try message.read { reader throws(MalformedMessage) in
            let shard = Int(try reader.integer(UInt32.self))
            var counts: [FilterCounts] = []
            for _ in 0..<(try reader.count()) {
                var count = FilterCounts(try reader.text())
                count.matched = try reader.integer()
                count.blocked = try reader.integer()
                count.unknown = try reader.integer()
                count.errors = try reader.integer()
                counts.append(count)
            }
            return (shard, counts)
        }
    }
}

extension [FilterCounts] {
    /// One for each rule.
    var summed: [FilterCounts] {
        reduce(into: []) { sums, counts in
            if let index = sums.firstIndex(where: { $0.rule == counts.rule }) {
                sums[index] = sums[index] + counts
            } else {
                sums.append(counts)
            }
        }
    }
}

/// The arguments of a function for many rows, and its results.
enum ColumnsMessage {
    static func write(_ function: String, _ columns: [FunctionColumn], rows: Int, to writer: inout WireWriter) {
        writer.write(function)
        writer.write(UInt64(rows))
        writer.write(UInt32(columns.count))
        for column in columns {
            switch column {
            case .constant(let cell):
                writer.write(true)
                writer.write(cell)
            case .cells(let cells):
                writer.write(false)
                for cell in cells { writer.write(cell) }
            }
        }
    }

    static func write(_ cells: [Cell], to writer: inout WireWriter) {
        for cell in cells { writer.write(cell) }
    }

    static func read(_ reader: inout WireReader) throws(MalformedMessage) -> (
        function: String, columns: [FunctionColumn], rows: Int
    ) {
        let function = try reader.text()
        let rows = Int(clamping: try reader.integer(UInt64.self))
        var columns: [FunctionColumn] = []
        for _ in 0..<(try reader.count()) {
            if try reader.boolean() {
                columns.append(.constant(try reader.cell()))
            } else {
                columns.append(.cells(try cells(&reader, count: rows, type: nil)))
            }
        }
        return (function, columns, rows)
    }

    /// - Parameter type: cells of another one are null; nil: any will do.
    static func cells(_ reader: inout WireReader, count: Int, type: ColumnType?) throws(MalformedMessage) -> [Cell] {
        var cells: [Cell] = []
        for _ in 0..<count {
            let cell = try reader.cell()
            cells.append(type.map(cell.fits) ?? true ? cell : .null)
        }
        return cells
    }
}

/// Tables with their rows.
enum TablesMessage {
    static func write(_ tables: [TableSnapshot], to writer: inout WireWriter) {
        writer.write(UInt32(tables.count))
        for table in tables {
            writer.write(table.id.table)
            writer.write(UInt32(table.columns.count))
            writer.write(table.rows)
        }
    }

    /// Of a plugin that has these tables.
    static func read(
        _ reader: inout WireReader, of plugin: PluginDescription, version: () -> UInt64
    ) throws(MalformedMessage) -> [TableSnapshot] {
        var tables: [TableSnapshot] = []
        for _ in 0..<(try reader.count()) {
            let table = try reader.table(of: plugin)
            tables.append(
                TableSnapshot(
                    id: TableID(plugin: plugin.id, table: table.id), title: table.title, columns: table.columns,
                    rows: try reader.rows(table.columns), version: version()))
        }
        return tables
    }
}

/// What has changed in tables.
enum TableChangesMessage {
    static func write(_ tables: [TableChanges.Table], to writer: inout WireWriter) {
        writer.write(UInt32(tables.count))
        for table in tables {
            writer.write(table.id.table)
            writer.write(UInt32(table.columns.count))
            writer.write(table.rows)
            writer.write(table.gone)
        }
    }

    /// Of a plugin that has these tables.
    static func read(
        _ reader: inout WireReader, of plugin: PluginDescription
    ) throws(MalformedMessage) -> [TableChanges.Table] {
        var tables: [TableChanges.Table] = []
        for _ in 0..<(try reader.count()) {
            let table = try reader.table(of: plugin)
            tables.append(
                TableChanges.Table(
                    id: TableID(plugin: plugin.id, table: table.id), columns: table.columns,
                    rows: try reader.rows(table.columns), gone: try reader.rows(table.columns.filter(\.isKey))))
        }
        return tables
    }
}

extension WireWriter {
    fileprivate mutating func write(_ rows: [[Cell]]) {
        write(UInt64(rows.count))
        for row in rows {
            for cell in row { write(cell) }
        }
    }
}

extension WireReader {
    /// The table that follows.
    fileprivate mutating func table(of plugin: PluginDescription) throws(MalformedMessage) -> TableDescription {
        let id = try text()
        let columns = Int(try integer(UInt32.self))
        guard let table = plugin.tables.first(where: { $0.id == id }), table.columns.count == columns else {
            throw MalformedMessage("rows of a table \(id) of \(columns) columns, which it has not")
        }
        return table
    }

    /// A cell that is not of its column's type is null.
    fileprivate mutating func rows(_ columns: [TableColumn]) throws(MalformedMessage) -> [[Cell]] {
        var rows: [[Cell]] = []
        for _ in 0..<(try integer(UInt64.self)) {
            var row: [Cell] = []
            row.reserveCapacity(columns.count)
            for column in columns {
                let cell = try cell()
                row.append(cell.fits(column.type) ? cell : .null)
            }
            rows.append(row)
        }
        return rows
    }
}

extension Cell {
    fileprivate func fits(_ type: ColumnType) -> Bool {
        switch (self, type) {
        case (.null, _), (.text, .text), (.integer, .integer), (.number, .number), (.boolean, .boolean),
            (.time, .time):
            true
        default: false
        }
    }
}

/// Which states somebody wants to see.
struct StatesQuery {
    let reducer: String
    let selection: KeySelection
    let after: String?
    let limit: Int

    init(reducer: String, selection: KeySelection, after: String?, limit: Int) {
        self.reducer = reducer
        self.selection = selection
        self.after = after
        self.limit = limit
    }

    init(_ reader: inout WireReader) throws(MalformedMessage) {
        reducer = try reader.text()
        var parts: [String: String] = [:]
        for _ in 0..<(try reader.count()) {
            let name = try reader.text()
            parts[name] = try reader.text()
        }
        var windows: Range<Int64>?
        if try reader.boolean() {
            let (from, to) = (try reader.integer(Int64.self), try reader.integer(Int64.self))
            guard from <= to else { throw MalformedMessage("windows that end before they begin") }
            windows = from..<to
        }
        selection = KeySelection(parts: parts, windows: windows)
        after = try reader.optionalText()
        limit = Int(try reader.integer(UInt32.self))
    }

    func write(to writer: inout WireWriter) {
        writer.write(reducer)
        writer.write(UInt32(selection.parts.count))
        for (name, value) in selection.parts {
            writer.write(name)
            writer.write(value)
        }
        writer.write(selection.windows != nil)
        if let windows = selection.windows {
            writer.write(windows.lowerBound)
            writer.write(windows.upperBound)
        }
        writer.write(after)
        writer.write(UInt32(clamping: limit))
    }

    /// The answer.
    func write(_ entries: [StateEntry]?, to writer: inout WireWriter) {
        writer.write(entries != nil)
        guard let entries else { return }
        writer.write(UInt32(entries.count))
        for entry in entries {
            writer.write(entry.key)
            writer.write(entry.json)
            writer.write(entry.problem)
        }
    }

    static func answer(_ reader: inout WireReader) throws(MalformedMessage) -> [StateEntry]? {
        guard try reader.boolean() else { return nil }
        var entries: [StateEntry] = []
        for _ in 0..<(try reader.count()) {
            entries.append(
                StateEntry(key: try reader.text(), json: try reader.text(), problem: try reader.optionalText()))
        }
        return entries
    }
}

/// What a source made of a line.
enum OutcomesMessage {
    static func write(_ outcomes: [SourceOutcome], to writer: inout WireWriter) {
        writer.write(UInt32(outcomes.count))
        for outcome in outcomes {
            switch outcome {
            case .rejected(let reason):
                writer.write(UInt8(0))
                writer.write(reason)
            case .event(let event):
                writer.write(UInt8(1))
                writer.write(event.payload)
                writer.write(event.actor)
                writer.write(event.type)
                writer.write(event.time != nil)
                writer.write(event.time ?? 0)
                writer.write(event.precision)
                writer.write(event.fields)
            }
        }
    }

    static func read(_ reader: inout WireReader) throws(MalformedMessage) -> [SourceOutcome] {
        var outcomes: [SourceOutcome] = []
        for _ in 0..<(try reader.count()) {
            guard try reader.integer(UInt8.self) == 1 else {
                outcomes.append(.rejected(reason: try reader.text()))
                continue
            }
            let payload = Array(try reader.part()), actor = Array(try reader.part()), type = Array(try reader.part())
            let isTimed = try reader.boolean()
            let time: Int64 = try reader.integer()
            outcomes.append(
                .event(
                    SourceEvent(
                        payload: payload, actor: actor, type: type, time: isTimed ? time : nil,
                        precision: try reader.integer(), fields: Array(try reader.part()))))
        }
        return outcomes
    }
}

extension WireWriter {
    fileprivate mutating func write(_ cell: Cell) {
        switch cell {
        case .null: write(UInt8(0))
        case .text(let text):
            write(UInt8(1))
            write(text)
        case .integer(let value):
            write(UInt8(2))
            write(value)
        case .number(let value):
            write(UInt8(3))
            write(value)
        case .boolean(let value):
            write(UInt8(4))
            write(value)
        case .time(let value):
            write(UInt8(5))
            write(value)
        }
    }
}

extension WireReader {
    fileprivate mutating func cell() throws(MalformedMessage) -> Cell {
        switch try integer(UInt8.self) {
        case 1: .text(try text())
        case 2: .integer(try integer())
        case 3: .number(try number())
        case 4: .boolean(try boolean())
        case 5: .time(try integer())
        default: .null
        }
    }
}
