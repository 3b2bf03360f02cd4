import EventLog
import Records

/// Feeds records of the log to a shard. Not thread-safe.
final class RecordFeeder {
    private let shard: Shard
    private let owned: [Bool]
    private var sessions: [UInt32: SessionFields] = [:]
    /// Called at each generation record, when all before it is folded. Returns whether to stop there: the rest of the chunk is
    /// left out.
    var onGeneration: ((Generation) -> Bool)?

    init(_ shard: Shard, owned: [Int]) {
        self.shard = shard
        self.owned = (0..<shard.setup.partitions).map(owned.contains)
    }

    /// Folds the events of a chunk that are in the shard's partitions. Returns false if `onGeneration` stopped it.
    func add(_ chunk: LogChunk) -> Bool {
        // Sessions that live on are repeated at the head of each segment.
        if chunk.beginsSegment { sessions.removeAll() }
        for index in 0..<chunk.count {
            add(chunk[index], position: chunk[index].position)
            guard chunk[index].kind == .control, let onGeneration, let generation = Generation(chunk[index]) else {
                continue
            }
            if onGeneration(generation) { return false }
        }
        shard.flush()
        return true
    }

    /// Folds one record. Its memory must stay until `Shard.flush`.
    @inline(__always)
    func add(_ record: RecordView, position: UInt64) {
        switch record.kind {
        case .event where owned[record.partition]: addEvent(record, position: position)
        case .session:
            // Events of the batch may still refer to what the session said before.
            if sessions[record.session] != nil { shard.flush() }
            sessions[record.session] = SessionFields(record: record.payload)
        case .control where owned[record.partition]: pass(record, position: position)
        default: break
        }
    }

    private func addEvent(_ record: RecordView, position: UInt64) {
        let row = shard.nextRow
        guard shard.fields.extractor.extract(record.payload, into: row) == nil else {
            return pass(record, position: position)  // ingest stores nothing that can't be parsed
        }
        let session = record.session == 0 ? nil : sessions[record.session]
        session?.apply(to: row, shard.fields)
        let actor = record.actor
        let fields = record.fields
        shard.add(
            Shard.Incoming(
                partition: record.partition, position: position, time: record.time,
                isTimeClaimed: record.isTimeClaimed, received: record.received, type: record.type,
                actor: actor.isEmpty ? nil : actor, payload: record.payload, fields: fields.isEmpty ? nil : fields,
                session: session))
    }

    private func pass(_ record: RecordView, position: UInt64) {
        shard.flush()
        for plugin in shard.plugins { plugin.pass(partition: record.partition, position: position) }
    }
}
