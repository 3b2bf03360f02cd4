public import CPluginAPI

/// Takes a table's rows, and looks up other states that they are made from.
public struct Rows {
    private let rows: UnsafePointer<lectern_rows>

    @usableFromInline
    init(_ rows: UnsafePointer<lectern_rows>) { self.rows = rows }

    /// One row: a cell for each column, in the columns' order and of their types.
    public func add(_ cells: Cell...) { add(cells) }

    public func add(_ cells: [Cell]) {
        Cell.withValues(cells) { rows.pointee.emit?(rows.pointee.context, $0, UInt32(cells.count)) }
    }

    /// The state of another reducer of this plugin under a key, as of the same checkpoint; nil if there is none. When
    /// it changes, so do the rows that were made from it.
    public func state<Other: Reducer>(of reducer: Other.Type, _ key: Cell...) -> Other.State? {
        state(of: reducer, key)
    }

    public func state<Other: Reducer>(of reducer: Other.Type, _ key: [Cell]) -> Other.State? {
        Cell.withValues(key) { parts in
            var lookup = lectern_key(
                size: UInt32(MemoryLayout<lectern_key>.size), count: UInt32(key.count), parts: UnsafePointer(parts))
            var id = Other.id
            return id.withUTF8 { id in
                let state = rows.pointee.lookup?(rows.pointee.context, lectern_text(id), &lookup)
                return state?.assumingMemoryBound(to: Other.State.self).pointee
            }
        }
    }
}
