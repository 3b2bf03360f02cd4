import Enrichment
import EventLog
import Records

extension IngestSession {
    /// Takes a line of a foreign format: all of its events, or none.
    /// - Parameter lookups: what was looked up of them, if they have waited for that.
    func takeLine(_ frame: Frame, _ source: any EventSource, after lookups: [EventLookups?]? = nil) {
        guard frame.standing == .new else {
            report.duplicates += 1
            return
        }
        let limit = service.configuration.eventBytes
        guard frame.bytes.count <= limit else {
            return reject(frame, .tooLarge, "the line has \(frame.bytes.count) bytes, at most \(limit) are allowed")
        }
        workspace.decoded.clear()
        source.decode(frame.bytes, into: &workspace.decoded)
        if let reason = workspace.decoded.rejection { return reject(frame, .badLine, reason) }

        workspace.staged.removeAll(keepingCapacity: true)
        for index in workspace.decoded.events.indices {
            guard let record = record(of: index, frame, source) else { return }
            workspace.staged.append(record)
        }
        var found: [EventLookups?] = []
        if service.enrichment != nil {
            found = lookups ?? lookUpStaged()
            if lookups == nil, isWaiting || found.contains(where: { isToWait(for: $0) }) {
                return wait(frame, EventActor(), found, since: received)
            }
        }
        do {
            for (index, var event) in workspace.staged.enumerated() {
                if index < found.count, let reader = resume(found[index], of: event, stagedActor(index)) {
                    event.fields = workspace.enrichedFields(reader, over: event.fields)
                }
                try append(event)
            }
        } catch {
            return reject(frame, .tooLarge, "\(error)")
        }
        report.accepted += 1
        taken(frame.number, isCarried: !workspace.staged.isEmpty)
    }

    private func lookUpStaged() -> [EventLookups?] {
        workspace.staged.enumerated().map { index, event in lookUp(event, stagedActor(index))?.found }
    }

    /// What the actor of an event of the line is looked up by; the record may have a pseudonym.
    private func stagedActor(_ index: Int) -> UnsafeRawBufferPointer {
        workspace.decoded.bytes(workspace.decoded.events[index].actor)
    }

    /// The record of one event of the line; rejects the line and returns nil if the event is none.
    private func record(of index: Int, _ frame: Frame, _ source: any EventSource) -> NewRecord? {
        let event = workspace.decoded.events[index]
        let payload = workspace.decoded.bytes(event.payload)
        if let reason = workspace.extract(payload) {
            reject(frame, .badEvent, "\(source.id) gave an event that is not a JSON object: \(reason)")
            return nil
        }
        var record = NewRecord()
        record.received = received
        record.sequence = frame.number
        record.isContinued = index + 1 < workspace.decoded.events.count
        record.payload = payload
        record.fields = workspace.decoded.bytes(event.fields)
        let actor = workspace.decoded.bytes(event.actor)
        if refuseErased(frame, actor) { return nil }
        record.assertion = .source
        if !actor.isEmpty { name(actor, logIdentity.partition(ofActor: actor), in: &record) }
        if event.type.isEmpty {
            guard let type = workspace.envelope.type(of: workspace.row) else {
                reject(frame, .badEvent, "\(source.id) gave an event without a type, and its payload names none")
                return nil
            }
            record.type = type
        } else {
            record.type = workspace.decoded.bytes(event.type)
        }
        if let time = event.time {
            claim(time.microseconds, time.precision, in: &record)
        } else if let time = workspace.envelope.time(of: workspace.row) {
            claim(time.microseconds, time.precision, in: &record)
        }
        let longest = service.configuration.nameBytes
        guard record.type.count <= longest, record.actor.count <= longest else {
            reject(frame, .badEvent, "\(source.id) gave a type or an actor of more than \(longest) bytes")
            return nil
        }
        return record
    }
}
