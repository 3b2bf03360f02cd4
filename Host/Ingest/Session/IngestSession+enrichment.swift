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

    /// Calls with an event as enrichment takes it.
    /// - Parameter actor: what the actor is looked up by, except in the host's own tables, which call him as the log does.
    func withEnriched<T>(_ event: NewRecord, _ actor: UnsafeRawBufferPointer, _ body: (EnrichedEvent) -> T) -> T {
        locked.withPaddedJSON { locked in
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            return body(
                EnrichedEvent(
                    payload: event.payload, locked: self.locked.isEmpty ? nothing : locked, fields: event.fields,
                    actor: actor, identity: event.actor, type: event.type, time: event.time ?? event.received))
        }
    }

    /// Takes an event in a reader's hand, and begins to look up what is to be known of it. Nil: nothing is.
    func lookUp(_ event: NewRecord, _ actor: UnsafeRawBufferPointer) -> EnrichmentReader? {
        guard let enrichment = service.enrichment, let reader = workspace.reader(of: enrichment) else { return nil }
        return withEnriched(event, actor) { reader.begin($0, latch: currentLatch) } ? reader : nil
    }

    /// Takes an event in a reader's hand again that has waited. Nil: nothing was looked up of it.
    func resume(_ lookups: EventLookups?, of event: NewRecord, _ actor: UnsafeRawBufferPointer) -> EnrichmentReader? {
        guard let lookups else { return nil }
        let reader = workspace.reader(of: lookups)
        withEnriched(event, actor) { reader.resume(lookups, of: $0) }
        return reader
    }

    /// Whether an event is to wait for its own look-ups. Nil: nothing is looked up of it.
    func isToWait(for lookups: EventLookups?) -> Bool {
        (service.enrichment?.budget ?? 0) > 0 && lookups?.isComplete == false
    }

    /// Keeps a frame until all of it is known.
    func wait(_ frame: Frame, _ actor: EventActor, _ lookups: [EventLookups?], since received: Int64) {
        guard let enrichment = service.enrichment else { return }
        waiting.append(
            frame, received: received, locked, actor, lookups, deadline: enrichment.now + enrichment.budget)
        numbers.hold(frame.number)
        service.counters.countWaiting(1)
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
                    bytes: bytes, index: entry.index, number: entry.number, standing: isRepeated ? .repeated : .new,
                    time: entry.time)
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
