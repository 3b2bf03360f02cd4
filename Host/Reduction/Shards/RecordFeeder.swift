import Records

/// Feeds records of the log to a shard. Not thread-safe.
final class RecordFeeder {
    private let shard: Shard
    private let owned: [Bool]
    private var sessions: [UInt32: SessionFields] = [:]
    /// Rules of the log that this build does not know. What comes behind them must not be folded.
    private(set) var failure: UnknownRulesError?

    init(_ shard: Shard, owned: [Int]) {
        self.shard = shard
        self.owned = (0..<shard.setup.partitions).map(owned.contains)
    }

    /// To be called at the head of a segment, which repeats the sessions that live on.
    func forgetSessions() { sessions.removeAll() }

    /// Folds one record. Its memory must stay until `Shard.flush`.
    @inline(__always)
    func add(_ record: RecordView, position: UInt64) {
        if failure != nil { return }
        switch record.kind {
        case .event where owned[record.partition]: addEvent(record, position: position)
        case .session:
            // Events of the batch may still refer to what the session said before.
            if sessions[record.session] != nil { shard.flush() }
            sessions[record.session] = SessionFields(record: record.payload)
        case .control where owned[record.partition]:
            if let tick = Tick(record) {
                shard.tick(tick.time, partition: record.partition, position: position)
            } else if record.type.elementsEqual(RuleHistory.recordType.utf8) {
                do throws(UnknownRulesError) {
                    shard.change(try RuleHistory.rules(record), partition: record.partition, position: position)
                } catch {
                    failure = failure ?? error
                }
            } else {
                pass(record, position: position)
            }
        case .tombstone where owned[record.partition]: pass(record, position: position)
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
