import Enrichment
import EventLog
import Records

/// What is looked up of events before they are appended. An event whose answers are in memory goes on at once. One that has to
/// wait for them waits for its budget at most, and so does what comes behind it on its connection.
extension IngestSession {
    /// Whether events wait for what is looked up. The socket is not read meanwhile, so that no more than a read of it waits.
    package var isWaiting: Bool { !waiting.isEmpty }

    /// Something was looked up, or the time is over that an output asked for: what can go on does.
    package func goOn() -> [IngestOutput] { waiting.isEmpty ? [] : receive { [self] in releaseWaiting(all: false) } }

    /// What the actor of an event is looked up by: without what a method of authentication puts before it.
    func lookupName(of actor: EventActor) -> UnsafeRawBufferPointer {
        if actor.assertion == .authentication, let identityName { return identityName.bytes }
        return actor.id
    }

    /// Begins to look up what is to be known of an event. Nil: nothing is.
    ///
    /// - Parameter actor: what the actor is looked up by, except in the host's own tables, which call him as the log does.
    func lookUp(_ event: NewRecord, _ actor: UnsafeRawBufferPointer) -> EventLookups? {
        guard let enrichment = service.enrichment, let reader = workspace.reader(of: enrichment) else { return nil }
        return locked.withPaddedJSON { locked in
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            let event = EnrichedEvent(
                payload: event.payload, locked: self.locked.isEmpty ? nothing : locked, fields: event.fields,
                actor: actor, identity: event.actor, type: event.type, time: event.time ?? event.received)
            return reader.begin(event, latch: currentLatch)
        }
    }

    /// Keeps a frame until all of it is known. False: it goes on now.
    func wait(_ frame: Frame, _ actor: EventActor, _ lookups: [EventLookups?], since received: Int64) -> Bool {
        guard let enrichment = service.enrichment, enrichment.budget > 0 || !waiting.isEmpty else { return false }
        let isComplete = lookups.allSatisfy { $0?.isComplete ?? true }
        if isComplete, waiting.isEmpty { return false }
        waiting.append(
            frame, received: received, locked, actor, lookups, deadline: enrichment.now + enrichment.budget)
        numbers.hold(frame.number)
        service.counters.countWaiting(1)
        return true
    }

    /// Appends the events that are complete, or have waited for long enough, up to the first that is not.
    func releaseWaiting(all: Bool) {
        guard let enrichment = service.enrichment else { return }
        goOnLookingUp()
        let now = enrichment.now
        let (current, arrival) = (locked, received)
        isReleasing = true
        defer { isReleasing = false }
        while let entry = waiting.oldest, all || entry.isComplete || entry.deadline <= now {
            waiting.removeOldest()
            service.counters.countWaiting(-1)
            (locked, received) = (entry.locked, entry.received)
            entry.withBytes { bytes in
                let isRepeated = entry.number > 0 && entry.number <= numbers.accepted
                let frame = Frame(
                    bytes: bytes, index: entry.index, number: entry.number, standing: isRepeated ? .repeated : .new)
                if let source = connection.source { return takeLine(frame, source, after: entry.lookups) }
                _ = workspace.extract(bytes)
                locked.apply(to: workspace.row)
                let actor = EventActor(id: entry.actor.bytes, partition: entry.partition, assertion: entry.assertion)
                stage(frame, actor, at: entry.received, after: entry.lookups)
            }
        }
        (locked, received) = (current, arrival)
        if waiting.isEmpty, backlog.isEmpty { numbers.takeHeld() }
    }

    /// Begins what could not begin before the answers were there.
    private func goOnLookingUp() {
        waiting.forEach { entry in
            entry.lookups.map { lookups in
                guard var lookups else { return nil }
                workspace.reader(of: lookups).goOn(&lookups, latch: currentLatch)
                return lookups
            }
        }
    }

    private func currentLatch() -> LookupLatch {
        if let latch { return latch }
        let made = LookupLatch(lookedUp)
        latch = made
        return made
    }

    /// The read begins to look up nothing more.
    func endLookups() {
        latch?.leave()
        latch = nil
    }

    /// Has the socket rest while events wait.
    func waitForLookups() -> [IngestOutput] {
        endLookups()
        guard let enrichment = service.enrichment, let oldest = waiting.oldest else { return [] }
        return [.awaitLookups(max(oldest.deadline - enrichment.now, 0))]
    }
}
