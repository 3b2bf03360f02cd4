import CPluginAPI
import PluginHost
import Records

/// The rows of one table, each made from one key of its origin. Not thread-safe.
final class ViewedTable {
    let id: TableID
    let component: TableComponent
    /// Columns that follow the component's own.
    private let derived: [DerivedColumn]
    /// The rows that keys have made since the last `takeRows`.
    private var waiting: [(key: [UInt8], rows: [[Cell]])] = []
    /// The rows by their key columns.
    private(set) var rows: [[Cell]: [Cell]] = [:]
    /// Which rows each key of the origin has made.
    private var rowsOfKey: [[UInt8]: [[Cell]]] = [:]
    /// The rows that have changed since `takeChanges`, by their key columns; nil: nobody wants to know.
    private var changed: Set<[Cell]>?
    private let keyColumns: [Int]
    private let versions: VersionCounter
    private(set) var version: UInt64

    init(_ component: TableComponent, plugin: String, _ columns: DerivedColumns, _ versions: VersionCounter) {
        self.component = component
        self.versions = versions
        version = versions.next()
        id = TableID(plugin: plugin, table: component.id)
        derived = columns[id]
        keyColumns = component.columns.indices.filter { component.columns[$0].isKey }
    }

    /// Notes the rows that a key makes now, without derived columns; `takeRows` shows them.
    func add(_ key: [UInt8], _ made: [[Cell]]) { waiting.append((key, made)) }

    /// Replaces the rows of the keys that have made some, with their derived columns: a function is called once for all of
    /// them. Returns whether anything changed.
    func takeRows() -> Bool {
        var made = derived.extend(waiting.flatMap(\.rows))[...]
        var changed = false
        for (key, rows) in waiting {
            if replace(key, with: made.prefix(rows.count)) { changed = true }
            made = made.dropFirst(rows.count)
        }
        waiting.removeAll()
        if changed { version = versions.next() }
        return changed
    }

    /// Replaces the rows that a key has made. Returns whether anything changed.
    private func replace(_ key: [UInt8], with made: ArraySlice<[Cell]>) -> Bool {
        var changed = false
        var names: [[Cell]] = []
        for row in made {
            let name = keyColumns.map { row[$0] }
            names.append(name)
            if rows[name] != row {
                rows[name] = row
                self.changed?.insert(name)
                changed = true
            }
        }
        for old in rowsOfKey[key] ?? [] where !names.contains(old) {
            rows[old] = nil
            self.changed?.insert(old)
            changed = true
        }
        rowsOfKey[key] = names.isEmpty ? nil : names
        return changed
    }

    private var columns: [TableColumn] { component.columns + derived.map(\.column) }

    /// What has changed since the last call; at the first one, or with `all`, every row. Nil if nothing has.
    func takeChanges(all: Bool) -> TableChanges.Table? {
        defer { changed = [] }
        guard let changed, !all else { return TableChanges.Table(id: id, columns: columns, rows: Array(rows.values)) }
        if changed.isEmpty { return nil }
        return TableChanges.Table(
            id: id, columns: columns, rows: changed.compactMap { rows[$0] }, gone: changed.filter { rows[$0] == nil })
    }

    /// All rows, sorted by their key columns.
    func snapshot() -> TableSnapshot {
        let sorted = rows.sorted { a, b in
            for (x, y) in zip(a.key, b.key) where x != y { return x.precedes(y) }
            return false
        }
        return TableSnapshot(
            id: id, title: component.title, columns: columns, rows: sorted.map(\.value), version: version)
    }
}

extension Cell {
    /// Of a plugin's value, in a column of that type; null where it is missing or of another type.
    init(_ value: lectern_value, _ type: ColumnType) {
        if type == .text, value.tag == LECTERN_JSON {
            self = .text(String(decoding: value.text!, as: UTF8.self))
        } else {
            self = Cell(declared: value, type) ?? .null
        }
    }

    /// The order of rows: null first, numbers by value, texts by their bytes.
    fileprivate func precedes(_ other: Cell) -> Bool {
        switch (self, other) {
        case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.integer(let a), .integer(let b)), (.time(let a), .time(let b)): a < b
        case (.number(let a), .number(let b)): a < b
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.null, _): true
        default: false
        }
    }
}
