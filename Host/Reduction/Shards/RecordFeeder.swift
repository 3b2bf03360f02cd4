import Records

/// Feeds records of the log to a shard. Not thread-safe.
final class RecordFeeder {
    private let shard: Shard
    private let owned: [Bool]

    init(_ shard: Shard, owned: [Int]) {
        self.shard = shard
        self.owned = (0..<shard.setup.partitions).map(owned.contains)
    }

    /// Folds the events among the records that are in the shard's partitions. The records' memory must stay until `Shard.flush`.
    @inline(__always)
    func add(_ record: RecordView) { add(record, position: record.position) }

    /// As `add`, for a record that no log has given its position.
    func add(_ record: RecordView, position: UInt64) {
        guard record.kind == .event, owned[record.partition] else {
            if record.kind == .control, owned[record.partition] { pass(record) }
            return
        }
        let row = shard.nextRow
        guard shard.fields.extractor.extract(record.payload, into: row) == nil else {
            return pass(record)  // ingest stores nothing that can't be parsed
        }
        let actor = record.actor
        let fields = record.fields
        shard.add(
            Shard.Incoming(
                partition: record.partition, position: position, time: record.time,
                isTimeClaimed: record.isTimeClaimed, received: record.received, type: record.type,
                actor: actor.isEmpty ? nil : actor, payload: record.payload, fields: fields.isEmpty ? nil : fields))
    }

    private func pass(_ record: RecordView) {
        shard.flush()
        for plugin in shard.plugins { plugin.pass(partition: record.partition, position: record.position) }
    }
}
