import CPluginAPI
import EventLog
import Records

/// Which of a log's events an output publishes: those of its types that are no duplicates, by the rule of the fold. What it
/// publishes is marked, as a plugin marks what it folds. Not thread-safe.
final class AcceptedEvents {
    private let types: Set<String>
    private let identity: LogIdentity
    private let fields = FieldList()
    private let maker: MarkMaker?
    private let marks: UnsafeMutablePointer<MarkSet>?
    private var sessions: [UInt32: SessionFields] = [:]
    private var row: UnsafeMutablePointer<lectern_value>
    private(set) var duplicates: UInt64 = 0

    /// - Parameter types: empty: all.
    init(_ identity: LogIdentity, types: Set<String>, dedup: DedupRule?) {
        self.types = types
        self.identity = identity
        maker = dedup.map { [fields] in MarkMaker($0, fields: fields, hashKey: identity.sipHashKey) }
        if let dedup {
            let marks = UnsafeMutablePointer<MarkSet>.allocate(capacity: identity.partitions)
            for index in 0..<identity.partitions {
                (marks + index).initialize(to: MarkSet(retention: dedup.retention))
            }
            self.marks = marks
        } else {
            marks = nil
        }
        row = .allocate(capacity: max(fields.extractor.count, 1))
    }

    deinit {
        marks?.deinitialize(count: identity.partitions)
        marks?.deallocate()
        row.deallocate()
    }

    /// To be called at the head of a segment, which repeats the sessions that live on.
    func forgetSessions() { sessions.removeAll(keepingCapacity: true) }

    func note(session record: RecordView) {
        if maker != nil { sessions[record.session] = SessionFields(record: record.payload) }
    }

    /// Whether an event is published. The one place that decides it: what else is to keep an event from outputs belongs here.
    func accepts(_ record: RecordView) -> Bool {
        if !types.isEmpty, !types.contains(String(decoding: record.type, as: UTF8.self)) { return false }
        guard let maker, let marks else { return true }
        defer { fields.extractor.reset() }
        // Ingest stores nothing that can't be parsed; the fold passes it by.
        guard fields.extractor.extract(record.payload, into: row) == nil else { return false }
        if record.session != 0 { sessions[record.session]?.apply(to: row, fields) }
        if !record.fields.isEmpty { _ = fields.extractor.overlay(record.fields, onto: row) }
        var event = lectern_event()
        event.values = UnsafePointer(row)
        event.time = record.time
        event.received = record.received
        event.type = record.type.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.type_length = UInt32(truncatingIfNeeded: record.type.count)
        if !record.actor.isEmpty {
            event.actor = record.actor.baseAddress?.assumingMemoryBound(to: CChar.self)
            event.actor_length = UInt32(truncatingIfNeeded: record.actor.count)
            event.actor_hash = identity.pseudonym(ofActor: record.actor)
        }
        event.payload = record.payload.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.payload_length = UInt32(truncatingIfNeeded: record.payload.count)
        event.flags = record.isTimeClaimed ? LECTERN_TIME_CLAIMED : 0
        event.position = record.position
        guard let mark = maker.mark(&event), !marks[record.partition].insert(mark) else { return true }
        duplicates += 1
        return false
    }

    /// The marks of a partition since the last call; nil: there are no marks.
    func takeMarks(_ partition: Int) -> FreshMarks? { marks?[partition].takeFresh() }

    /// Puts back what an earlier life took.
    func restore(marks stored: UnsafeRawBufferPointer, partition: Int) { marks?[partition].restore(stored) }
}
