import CPluginAPI
import EventLog
import Records

/// Which of a log's events an output publishes: those of its types that filter rules let pass and that are no duplicates, by the
/// rules of the fold. What it publishes is marked, as a plugin marks what it folds. Not thread-safe.
///
/// Whoever feeds it adds events, whose memory must stay, and asks with `flush` what becomes of them: before the memory goes, and
/// before sessions or rules change.
final class AcceptedEvents {
    private let types: Set<String>
    private let identity: LogIdentity
    private let fields = FieldList()
    private let filters: FilterStage
    private let maker: MarkMaker?
    private let marks: UnsafeMutablePointer<MarkSet>?
    private var sessions: [UInt32: SessionFields] = [:]
    private enum Verdict {
        case published, passedBy
        /// What is at this place of the batch.
        case asked(Int)
    }

    private var waiting: [(record: RecordView, verdict: Verdict)] = []
    private let batch: Batch
    /// Some tens: the memory of their marks is asked for together.
    private static let capacity = 64
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
        batch = Batch(capacity: Self.capacity, rowLength: fields.extractor.count)
        waiting.reserveCapacity(Self.capacity)
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

    var isFull: Bool { waiting.count == Self.capacity }

    /// There must be room.
    func add(_ record: RecordView) { waiting.append((record, verdict(record))) }

    /// Puts an event into the batch if something has to be asked about it.
    private func verdict(_ record: RecordView) -> Verdict {
        if !types.isEmpty, !types.contains(String(decoding: record.type, as: UTF8.self)) { return .passedBy }
        guard maker != nil || filters.isActive else { return .published }
        if batch.count == 0 { batch.resizeRows(to: fields.extractor.count) }
        let row = batch.nextRow
        // Ingest stores nothing that can't be parsed; the fold passes it by.
        guard fields.extractor.extract(record.payload, into: row) == nil else { return .passedBy }
        let index = batch.count
        let type = typeNumber(record.type)
        let content = maker?.content(type: type) ?? 0
        if record.session != 0 { sessions[record.session]?.apply(to: row, fields) }
        if !record.fields.isEmpty { _ = fields.extractor.overlay(record.fields, onto: row) }
        fill(batch.events + index, record, row)
        batch.partitions[index] = record.partition
        batch.types[index] = type
        let mark = maker?.mark(batch.events + index, type: type, content: content) ?? Mark()
        batch.marks[index] = mark
        marks?[record.partition].prefetch(mark)
        batch.advance()
        return .asked(index)
    }

    /// Calls `body` with each event that was added, in order: whether it is published, and what filter rules lay over it. The one
    /// place that decides it: what else is to keep an event from outputs belongs here. An event is marked right before the call,
    /// so that marks can be taken within it.
    ///
    /// - Parameter body: returns whether to go on; where it does not, the rest is dropped, and nothing may follow.
    /// - Returns: whether it went on to the end.
    func flush(_ body: (RecordView, _ isPublished: Bool, _ changes: UnsafeRawBufferPointer?) throws -> Bool) rethrows
        -> Bool
    {
        filters.apply(batch)
        // Its plugins say what was wrong.
        _ = filters.takeRejections()
        for (record, verdict) in waiting {
            let goesOn =
                switch verdict {
                case .published: try body(record, true, nil)
                case .passedBy: try body(record, false, nil)
                case .asked(let place): try body(record, accepts(place), batch.patches[place])
                }
            if !goesOn { return false }
        }
        waiting.removeAll(keepingCapacity: true)
        batch.removeAll()
        filters.reset()
        fields.extractor.reset()
        return true
    }

    private func accepts(_ place: Int) -> Bool {
        if batch.isBlocked[place] { return false }
        let mark = batch.marks[place]
        if mark.isEmpty { return true }
        guard let marks, marks[batch.partitions[place]].insert(mark) != .new else { return true }
        duplicates += 1
        return false
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
