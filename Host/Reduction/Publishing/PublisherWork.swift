import EventLog
import Glibc
import Records
import Settings

/// What a publisher's thread does: reads the log, publishes, and stores how far it is. Used by one thread at a time.
final class PublisherWork {
    /// What others may know.
    struct Change {
        let counters: Publisher.Counters
        let positions: [UInt64]
        /// Of them those that a crash goes back to.
        let stored: [UInt64]
        /// All that had arrived by then is published; nil: as before. Microseconds since 1970.
        let publishedUntil: Int64?
    }

    /// For each partition the position of the first record that is not published.
    private(set) var positions: [UInt64]
    /// Told whenever that, or a counter, has changed.
    var changed: (Change) -> Void = { _ in }
    /// Asked while it waits for the output: whether it is to give up.
    var isOver: () -> Bool = { false }

    private let name: String
    private let output: any EventOutput
    private let configuration: PublisherConfiguration
    private let folder: String
    private let report: (String) -> Void
    private let cursor: LogCursor
    private let accepted: AcceptedEvents
    private let exported = ExportedEvents()
    private let marks: StoredMarks
    private var place: PublishingPlace
    private var counters = Publisher.Counters()
    /// For each partition the position behind what is in the batch.
    private var taken: [UInt64]
    private let batch = EventBatch()
    /// When the last record that was taken arrived.
    private var lastArrival: Int64?
    /// When what was taken is to be published; microseconds of `MonotonicClock`.
    private var due: Int64?
    /// When the place was stored last, the same way.
    private var storeTime = MonotonicClock.microseconds
    /// How far the place may lie behind where nothing was published.
    private static let patience: Int64 = 5_000_000
    /// The id of the event at hand; all ids of a log's events begin alike.
    private var id = Bytes()
    private let idPrefix: Int

    init(
        _ name: String, _ log: EventLog, _ output: any EventOutput, _ configuration: PublisherConfiguration,
        dedup: DedupRules, rules: RuleHistory, folder: String, report: @escaping (String) -> Void
    ) throws {
        self.name = name
        self.output = output
        self.configuration = configuration
        self.folder = folder
        self.report = report
        let identity = log.identity
        let id = SHA256.hexadecimal(identity.id)
        self.id.append(id.prefix(8) + "-")
        idPrefix = self.id.count
        try File.makeFolder(folder)
        let first = log.firstPositions, next = log.nextPositions
        let stored = try PublishingPlace.load(folder)
        if let stored {
            guard stored.log == id, stored.positions.count == next.count else {
                throw LogError(
                    .settings,
                    "\(folder): says how far another log was published; give the output another name, or move it away")
            }
            guard zip(stored.positions, next).allSatisfy({ $0 <= $1 }) else {
                throw LogError(
                    .corrupt,
                    "\(folder): output \(name) has published records that the log no longer has; the log was put back to "
                        + "an older copy. Put this folder back, too, or move it away, and the output begins anew")
            }
            positions = zip(stored.positions, first).map { max($0, $1) }
            let missed = zip(positions, stored.positions).reduce(UInt64(0)) { $0 + ($1.0 - $1.1) }
            if missed > 0 {
                report(
                    "output \(name): \(missed) records were deleted from the log before they were published; it goes on "
                        + "with the first that is kept")
            }
        } else {
            positions = configuration.from == .start ? first : next
        }
        taken = positions
        place = stored ?? PublishingPlace(log: id, positions: positions, progress: [:], marks: 0)
        accepted = AcceptedEvents(identity, types: configuration.types, dedup: dedup, rules: rules)
        marks = try StoredMarks(folder, count: place.marks)
        let accepted = accepted
        try marks.forEach { partition, piece in
            if partition < identity.partitions { accepted.restore(marks: piece, partition: partition) }
        }
        cursor = try LogCursor(log, from: positions)
        do {
            try output.open(stored?.progress) { report("output \(name): \($0)") }
        } catch {
            throw OutputError("output \(name): \(error)")
        }
        // An output that begins at the end begins there after a crash, too.
        place.progress = output.progress
        try place.store(folder)
    }

    func close() { output.close() }

    /// Where it goes on reading.
    var offset: LogOffset { cursor.offset }

    /// What a crash goes back to.
    var storedPositions: [UInt64] { place.positions }

    /// Whether something was taken that is not published.
    var isBusy: Bool { due != nil }

    /// Reads up to `end`, and publishes what is due. False: it was told to give up.
    ///
    /// - Parameter isLast: publishes all of it.
    func read(through end: LogOffset, isLast: Bool) throws -> Bool {
        let now = WallClock.microseconds
        if batch.events.isEmpty { output.idle() }
        while let chunk = try cursor.next(through: end) {
            if chunk.beginsSegment {
                accepted.forgetSessions()
                exported.forgetSessions()
            }
            for index in 0..<chunk.count {
                guard try take(chunk[index]) else { return false }
            }
            guard try flush() else { return false }
            if isDue, try !publish() { return false }
        }
        // All is taken that had arrived by then.
        if taken == positions { tell(publishedUntil: now) }
        lastArrival = now
        return isLast || isDue ? try publish(isLast: isLast) : true
    }

    private var isFull: Bool {
        batch.events.count >= configuration.batch || batch.byteCount >= configuration.bufferBytes
    }

    private var isDue: Bool { due.map { MonotonicClock.microseconds >= $0 } ?? false }

    /// Takes a record, and publishes what is enough. False: it was told to give up.
    private func take(_ record: RecordView) throws -> Bool {
        switch record.kind {
        case .event:
            accepted.add(record)
            return accepted.isFull ? try flush() : true
        case .mark, nil: return true
        case .session, .control, .tombstone: break
        }
        // These are about what comes behind them.
        guard try flush() else { return false }
        switch record.kind {
        case .session:
            accepted.note(session: record)
            exported.note(session: record)
        case .control:
            try accepted.note(control: record)
            pass(record)
        default: pass(record)
        }
        return true
    }

    /// Writes the lines of the events that were taken. False: it was told to give up.
    private func flush() throws -> Bool {
        try accepted.flush { record, isPublished, changes in
            if isPublished { add(record, changes) }
            lastArrival = record.received
            pass(record)
            return isFull ? try publish() : true
        }
    }

    private func add(_ record: RecordView, _ changes: UnsafeRawBufferPointer?) {
        id.truncate(to: idPrefix)
        id.appendJSON(Int64(record.partition))
        id.append("-")
        id.appendJSON(Int64(bitPattern: record.position))
        let (exported, id) = (exported, id.contents)
        batch.append(record, id: id, changes: changes) {
            exported.append(record, id: id, changes: changes, to: &$0)
        }
    }

    private func pass(_ record: RecordView) {
        taken[record.partition] = record.position + 1
        if due == nil { due = MonotonicClock.microseconds + configuration.interval.microseconds }
    }

    // MARK: Publishing

    /// Publishes what was taken, and stores that it is. False: it was told to give up.
    private func publish(isLast: Bool = false) throws -> Bool {
        due = nil
        if !batch.events.isEmpty {
            guard attempt({ () throws(OutputError) in try output.publish(batch, isOver: isOver) }), store() else {
                return false
            }
            counters.published += UInt64(batch.events.count)
            batch.removeAll()
        } else if taken != place.positions, isLast || MonotonicClock.microseconds > storeTime + Self.patience {
            guard store() else { return false }
        }
        counters.duplicates = accepted.duplicates
        positions = taken
        tell(publishedUntil: lastArrival)
        return true
    }

    /// Stores that all is published that was taken. False: it was told to give up.
    private func store() -> Bool {
        let pieces = taken.indices.compactMap { partition in
            accepted.takeMarks(partition).map { (partition: partition, marks: $0) }
        }.filter { !$0.marks.bytes.isEmpty }
        var isMarked = false
        let isStored = attempt { () throws(OutputError) in
            do {
                if !isMarked { try marks.append(pieces) }
                isMarked = true
                var next = place
                (next.positions, next.progress, next.marks) = (taken, output.progress, marks.count)
                try next.store(folder)
                place = next
            } catch {
                throw OutputError("\(error)")
            }
        }
        storeTime = MonotonicClock.microseconds
        return isStored
    }

    /// Tries until it succeeds: some times, with pauses that double, and from then on as one that waits. False: it was told to
    /// give up.
    private func attempt(_ body: () throws(OutputError) -> Void) -> Bool {
        var failed = 0
        var pause = configuration.backoff.microseconds
        while true {
            do {
                try body()
                if counters.waiting != nil { report("output \(name): goes on") }
                counters.waiting = nil
                return true
            } catch {
                if isOver() { return false }
                failed += 1
                counters.failures += 1
                if failed > configuration.retries {
                    if counters.waiting == nil {
                        report("output \(name): \(error); its events wait in the log, and it is tried again")
                    }
                    counters.waiting = error.description
                }
                tell(publishedUntil: nil)
            }
            guard sleep(pause) else { return false }
            pause = min(pause * 2, configuration.longestPause.microseconds)
        }
    }

    /// False: it was told to give up meanwhile.
    private func sleep(_ microseconds: Int64) -> Bool {
        let end = MonotonicClock.microseconds + microseconds
        while true {
            if isOver() { return false }
            let left = end - MonotonicClock.microseconds
            if left <= 0 { return true }
            usleep(UInt32(min(left, 20_000)))
        }
    }

    private func tell(publishedUntil time: Int64?) {
        changed(Change(counters: counters, positions: positions, stored: place.positions, publishedUntil: time))
    }
}
