import CPluginAPI
import Records

/// The events that a shard folds at once: rows of extracted fields and what goes with them. Not thread-safe.
final class Batch {
    let capacity: Int
    /// It is full with so many; at most `capacity`.
    var limit: Int
    private(set) var count = 0
    let events: UnsafeMutablePointer<lectern_event>
    /// Of each event: its partition, the numbers of its type and actor, and its mark.
    let partitions: UnsafeMutablePointer<Int>
    let types: UnsafeMutablePointer<Int>
    let actors: UnsafeMutablePointer<UInt32>
    let actorHashes: UnsafeMutablePointer<UInt64>
    let marks: UnsafeMutablePointer<Mark>
    /// What server or source set.
    let fields: UnsafeMutablePointer<UnsafeRawBufferPointer?>
    let sessions: UnsafeMutablePointer<SessionFields?>
    /// What filter rules left, a merge patch, and whether they keep the event from plugins.
    let patches: UnsafeMutablePointer<UnsafeRawBufferPointer?>
    let isBlocked: UnsafeMutablePointer<Bool>
    private var rows: UnsafeMutablePointer<lectern_value>
    private(set) var rowLength: Int

    init(capacity: Int, rowLength: Int) {
        self.capacity = capacity
        limit = capacity
        self.rowLength = rowLength
        events = .allocate(capacity: capacity)
        partitions = .allocate(capacity: capacity)
        types = .allocate(capacity: capacity)
        actors = .allocate(capacity: capacity)
        actorHashes = .allocate(capacity: capacity)
        marks = .allocate(capacity: capacity)
        marks.initialize(repeating: Mark(), count: capacity)
        fields = .allocate(capacity: capacity)
        sessions = .allocate(capacity: capacity)
        sessions.initialize(repeating: nil, count: capacity)
        patches = .allocate(capacity: capacity)
        patches.initialize(repeating: nil, count: capacity)
        isBlocked = .allocate(capacity: capacity)
        isBlocked.initialize(repeating: false, count: capacity)
        rows = .allocate(capacity: capacity * max(rowLength, 1))
    }

    deinit {
        events.deallocate()
        partitions.deallocate()
        types.deallocate()
        actors.deallocate()
        actorHashes.deallocate()
        marks.deallocate()
        fields.deallocate()
        sessions.deinitialize(count: capacity)
        sessions.deallocate()
        patches.deallocate()
        isBlocked.deallocate()
        rows.deallocate()
    }

    /// Where the next event's fields go.
    var nextRow: UnsafeMutablePointer<lectern_value> { rows + count * rowLength }

    var isFull: Bool { count == limit }

    /// Takes the event whose fields are in `nextRow`.
    @inline(__always)
    func advance() { count += 1 }

    func removeAll() { count = 0 }

    /// Changes the length of a row; the batch must be empty.
    func resizeRows(to length: Int) {
        precondition(count == 0)
        guard length != rowLength else { return }
        rows.deallocate()
        rowLength = length
        rows = .allocate(capacity: capacity * max(length, 1))
    }
}
