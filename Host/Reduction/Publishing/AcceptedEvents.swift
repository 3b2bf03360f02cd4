import CPluginAPI
import EventLog
import Records

/// Which of a log's events an output publishes: those of its types that filter rules let pass and that are no duplicates, by the
/// rules of the fold. What it publishes is marked, as a plugin marks what it folds. Not thread-safe.
final class AcceptedEvents {
    private let types: Set<String>
    private let identity: LogIdentity
    private let fields = FieldList()
    private let filters: FilterStage
    private var maker: MarkMaker?
    private let marks: UnsafeMutablePointer<MarkSet>?
    private var sessions: [UInt32: SessionFields] = [:]
    /// Of one event.
    private let batch: Batch
    private var typeKeys = Interner()
    private var typeCount = 0
    private(set) var duplicates: UInt64 = 0

    /// - Parameter types: empty: all.
    init(_ identity: LogIdentity, types: Set<String>, dedup: DedupRules, rules: RuleHistory) {
        self.types = types
        self.identity = identity
        filters = FilterStage(rules, partitions: identity.partitions, fields: fields)
        if dedup.isEmpty {
            maker = nil
            marks = nil
        } else {
            maker = MarkMaker(dedup, fields: fields, hashKey: identity.sipHashKey)
            let marks = UnsafeMutablePointer<MarkSet>.allocate(capacity: identity.partitions)
            for index in 0..<identity.partitions {
                let set = MarkSet(isTimed: dedup.isTimed, comparesContent: dedup.comparesContent)
                (marks + index).initialize(to: set)
            }
            self.marks = marks
        }
        batch = Batch(capacity: 1, rowLength: fields.extractor.count)
    }

    deinit {
        marks?.deinitialize(count: identity.partitions)
        marks?.deallocate()
    }

    /// To be called at the head of a segment, which repeats the sessions that live on.
    func forgetSessions() { sessions.removeAll(keepingCapacity: true) }

    func note(session record: RecordView) { sessions[record.session] = SessionFields(record: record.payload) }

    /// - Throws: `UnknownRulesError`: what comes behind must not be published.
    func note(control record: RecordView) throws(UnknownRulesError) {
        guard record.type.elementsEqual(RuleHistory.recordType.utf8) else { return }
        filters.add(try RuleHistory.rules(record), partition: record.partition, from: record.position + 1)
    }

    /// Calls `body` if the event is published, with what filter rules lay over it. The one place that decides it: what else is to
    /// keep an event from outputs belongs here.
    func take(_ record: RecordView, _ body: (_ changes: UnsafeRawBufferPointer?) -> Void) {
        if !types.isEmpty, !types.contains(String(decoding: record.type, as: UTF8.self)) { return }
        guard maker != nil || filters.isActive else { return body(nil) }
        batch.resizeRows(to: fields.extractor.count)
        defer {
            batch.removeAll()
            filters.reset()
            fields.extractor.reset()
        }
        let row = batch.nextRow
        // Ingest stores nothing that can't be parsed; the fold passes it by.
        guard fields.extractor.extract(record.payload, into: row) == nil else { return }
        let type = typeNumber(record.type)
        let content = maker?.content(type: type) ?? 0
        if record.session != 0 { sessions[record.session]?.apply(to: row, fields) }
        if !record.fields.isEmpty { _ = fields.extractor.overlay(record.fields, onto: row) }
        fill(batch.events, record, row)
        batch.partitions[0] = record.partition
        batch.types[0] = type
        batch.advance()
        let mark = maker?.mark(batch.events, type: type, content: content) ?? Mark()
        filters.apply(batch)
        // Its plugins say what was wrong.
        _ = filters.takeRejections()
        if batch.isBlocked[0] { return }
        if !mark.isEmpty, let marks, marks[record.partition].insert(mark) != .new {
            duplicates += 1
            return
        }
        body(batch.patches[0])
    }

    private func fill(
        _ event: UnsafeMutablePointer<lectern_event>, _ record: RecordView, _ row: UnsafeMutablePointer<lectern_value>
    ) {
        event.pointee = lectern_event()
        event.pointee.values = UnsafePointer(row)
        event.pointee.time = record.time
        event.pointee.received = record.received
        event.pointee.type = record.type.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.pointee.type_length = UInt32(truncatingIfNeeded: record.type.count)
        if !record.actor.isEmpty {
            event.pointee.actor = record.actor.baseAddress?.assumingMemoryBound(to: CChar.self)
            event.pointee.actor_length = UInt32(truncatingIfNeeded: record.actor.count)
            event.pointee.actor_hash = identity.pseudonym(ofActor: record.actor)
        }
        event.pointee.payload = record.payload.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.pointee.payload_length = UInt32(truncatingIfNeeded: record.payload.count)
        event.pointee.flags = record.isTimeClaimed ? LECTERN_TIME_CLAIMED : 0
        event.pointee.position = record.position
    }

    private func typeNumber(_ type: UnsafeRawBufferPointer) -> Int {
        let number = Int(typeKeys.number(of: type, hash: typeKeys.hash(type)))
        if number == typeCount {
            let name = String(decoding: type, as: UTF8.self)
            maker?.addType(name)
            filters.addType(name)
            typeCount += 1
        }
        return number
    }

    /// The marks of a partition since the last call; nil: there are no marks.
    func takeMarks(_ partition: Int) -> FreshMarks? { marks?[partition].takeFresh() }

    /// Puts back what an earlier life took.
    func restore(marks stored: UnsafeRawBufferPointer, partition: Int) { marks?[partition].restore(stored) }
}
