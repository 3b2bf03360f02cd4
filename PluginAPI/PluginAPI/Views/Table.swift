public import CPluginAPI

/// Makes rows of states: of each state of a reducer, or of each group of an aggregator.
///
///     struct QuizTable: Table {
///         typealias From = QuizAttempts
///         let id = "quiz_analytics"
///         let title = "Quizzes by student"
///         let columns: [Column] = [.text("user_id", key: true), .text("module", key: true), .number("average_score")]
///
///         func rows(_ key: KeyView, _ state: From.State, into rows: Rows) {
///             rows.add(key[0], key[1], .number(state.scores.mean))
///         }
///     }
///
/// Rows depend on the state, on the states looked up through `rows` and on the table's own constants (settings) alone.
public protocol Table {
    associatedtype From: StateSource

    /// Unique in the plugin.
    var id: String { get }
    /// For people.
    var title: String { get }
    /// At least one is part of the row's key.
    var columns: [Column] { get }

    /// Adds the rows of one state: none, one or many. A second row with the same key columns replaces the first.
    func rows(_ key: KeyView, _ state: From.State, into rows: Rows)

    // Leave it as it is: see `Reducer`.
    func _rows(_ key: UnsafePointer<lectern_key>, _ state: UnsafeRawPointer, _ rows: UnsafePointer<lectern_rows>)
}

extension Table {
    @inlinable
    public func _rows(
        _ key: UnsafePointer<lectern_key>, _ state: UnsafeRawPointer, _ rows: UnsafePointer<lectern_rows>
    ) {
        self.rows(KeyView(key), state.assumingMemoryBound(to: From.State.self).pointee, into: Rows(rows))
    }
}

/// A column of a table.
public struct Column: Sendable {
    enum Kind: UInt32, Sendable { case text = 1, integer, number, boolean, time }
    let kind: Kind
    let name: String
    let title: String
    let isKey: Bool

    /// - Parameters:
    ///   - title: for people; the name if it is empty.
    ///   - key: whether it is part of the row's key.
    public static func text(_ name: String, _ title: String = "", key: Bool = false) -> Column {
        Column(kind: .text, name: name, title: title, isKey: key)
    }

    public static func integer(_ name: String, _ title: String = "", key: Bool = false) -> Column {
        Column(kind: .integer, name: name, title: title, isKey: key)
    }

    public static func number(_ name: String, _ title: String = "", key: Bool = false) -> Column {
        Column(kind: .number, name: name, title: title, isKey: key)
    }

    public static func boolean(_ name: String, _ title: String = "", key: Bool = false) -> Column {
        Column(kind: .boolean, name: name, title: title, isKey: key)
    }

    public static func time(_ name: String, _ title: String = "", key: Bool = false) -> Column {
        Column(kind: .time, name: name, title: title, isKey: key)
    }

    var declaration: lectern_column {
        lectern_column(
            name: Permanent.text(name), title: Permanent.text(title), type: kind.rawValue,
            flags: isKey ? LECTERN_COLUMN_KEY : 0)
    }
}

private final class TableContext {
    let table: any Table
    init(_ table: any Table) { self.table = table }
}

extension Table {
    func check(_ sources: [String]) throws {
        guard sources.contains(From.id) else {
            throw PlainError(
                "table \(id): expected the reducer or aggregator \"\(From.id)\" among the plugin's components, "
                    + "found \(sources.joined(separator: ", "))")
        }
    }

    /// Its declaration for the host.
    func declaration() -> UnsafePointer<lectern_table> {
        var table = lectern_table()
        table.size = UInt32(MemoryLayout<lectern_table>.size)
        table.context = Unmanaged.passRetained(TableContext(self)).toOpaque()
        table.id = Permanent.text(id)
        table.title = Permanent.text(title)
        table.from = Permanent.text(From.id)
        table.column_count = UInt32(columns.count)
        table.columns = Permanent.array(columns.map(\.declaration))
        table.rows = { context, key, state, rows in
            Unmanaged<TableContext>.fromOpaque(context!)._withUnsafeGuaranteedRef {
                $0.table._rows(key!, state!, rows!)
            }
        }
        return Permanent.value(table)
    }
}
