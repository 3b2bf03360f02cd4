package import Records

/// Which records of a log somebody asks for: every condition must hold, and of each one of its values.
package struct RecordQuery: Sendable {
    /// Empty lists and nil ask for nothing.
    package var sessions: Set<UInt32> = []
    package var partition: Int?
    /// The record's time, in microseconds since 1970 UTC: not before the first, and before the last.
    package var from = Int64.min
    package var to = Int64.max
    private let actors: [[UInt8]]
    private let types: [[UInt8]]

    package init(actors: [String] = [], types: [String] = []) {
        self.actors = actors.map { Array($0.utf8) }
        self.types = types.map { Array($0.utf8) }
    }

    package func matches(_ record: RecordView) -> Bool {
        if record.time < from || record.time >= to { return false }
        if let partition, record.partition != partition { return false }
        if !sessions.isEmpty && !sessions.contains(record.session) { return false }
        if !types.isEmpty && !types.contains(where: { record.type.elementsEqual($0) }) { return false }
        return actors.isEmpty || actors.contains { record.actor.elementsEqual($0) }
    }
}
