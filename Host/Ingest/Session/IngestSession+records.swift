import CPluginAPI
import Enrichment
import EventLog
import Records

/// Whose an event is, and who says so. The id is borrowed.
struct EventActor {
    var id = UnsafeRawBufferPointer(start: nil, count: 0)
    var partition: UInt16 = 0
    var assertion = ActorAssertion.nobody
}

extension IngestSession {
    /// Appends the event that stands in the workspace's row to the batch, unless it was taken before.
    /// - Parameters:
    ///   - arrival: microseconds since 1970 UTC, if the event did not arrive with this read.
    ///   - lookups: what was looked up of it, if it has waited for that.
    func stage(_ frame: Frame, _ actor: EventActor, at arrival: Int64? = nil, after lookups: [EventLookups?]? = nil) {
        switch frame.standing {
        case .new: break
        case .repeated:
            report.duplicates += 1
            return
        case .setUp: return
        }
        if refuseErased(frame, actor.id) { return }
        if let list = service.blockList,
            let block = domains.block(workspace.row, workspace.domains, actor: actor.id, list)
        {
            return refuse(frame, block)
        }
        var blob: BlobRequest?
        var fields = Bytes()
        if connection.hasProtocol, let type = workspace.envelope.type(of: workspace.row),
            let request = BlobRequest.Kind(type)
        {
            switch blobRequest(request, frame, actor) {
            case .failure(let refusal): return reject(frame, refusal.code, refusal.reason)
            case .success(let found):
                found.key.appendFields(to: &fields)
                blob = found
            }
        }
        var event = NewRecord()
        event.received = arrival ?? received
        event.sequence = frame.number
        event.payload = frame.bytes
        if let time = workspace.envelope.time(of: workspace.row) {
            claim(time.microseconds, time.precision, in: &event)
        } else if let time = frame.time {
            claim(time, UInt8(LECTERN_PRECISION_MILLISECOND), in: &event)
        }
        if let type = workspace.envelope.type(of: workspace.row) {
            event.type = type
        } else if let type = connection.givenType {
            event.type = type.name
            event.fields = type.fields
        }
        if blob != nil { event.fields = fields.contents }
        name(actor.id, actor.partition, in: &event)
        if service.enrichment != nil {
            let name = lookupName(of: actor)
            let reader: EnrichmentReader?
            if let lookups {
                reader = resume(lookups.first ?? nil, of: event, name)
            } else {
                reader = lookUp(event, name)
                if isWaiting || isToWait(for: reader?.found) {
                    return wait(frame, actor, [reader?.found], since: event.received)
                }
            }
            if let reader { event.fields = workspace.enrichedFields(reader, over: event.fields) }
        }
        // As the log calls the actor.
        blob?.key.actor = String(decoding: event.actor, as: UTF8.self)
        event.assertion = actor.assertion
        do {
            try append(event)
            report.accepted += 1
            taken(frame.number, isCarried: true)
            if let blob, blob.kind == .fetch, !connection.isRequest { report.later.append(.fetch(blob.key)) }
        } catch {
            reject(frame, .tooLarge, "\(error)")
        }
    }

    private func blobRequest(
        _ kind: BlobRequest.Kind, _ frame: Frame, _ actor: EventActor
    ) -> Result<BlobRequest, BlobRefusal> {
        guard !actor.id.isEmpty else {
            return .failure(BlobRefusal(reason: "\(kind.rawValue): blobs are an actor's, and this event has none"))
        }
        guard let key = workspace.blobKey(of: frame.bytes, locked, actor: actor.id) else {
            let expected = "lock \"source\" and \"activity\" first, texts that say which blob is meant"
            return .failure(BlobRefusal(reason: "\(kind.rawValue): \(expected)"))
        }
        if kind == .save {
            guard let value = BlobRequest.value(of: frame.bytes) else {
                return .failure(BlobRefusal(reason: "save_blob: expected the member \"blob\", any JSON value"))
            }
            let limit = service.configuration.blobBytes
            guard value.count <= limit else {
                let size = "the blob has \(value.count) bytes, at most \(limit) are allowed (ingest.limits.blob)"
                return .failure(BlobRefusal(code: .tooLarge, reason: "save_blob: \(size)"))
            }
        }
        return .success(BlobRequest(kind: kind, key: key))
    }

    /// Appends an event to the batch, after the session's record if that has to come first. An event without an actor
    /// goes to the session's partition.
    func append(_ event: NewRecord) throws(RecordTooLong) {
        if record == 0 || recorded !== locked { try appendSessionRecord() }
        var event = event
        event.session = record
        if event.actor.isEmpty {
            event.assertion = .nobody
            event.partition = logIdentity.partition(ofSession: record)
        }
        event.client = clientName.bytes
        try workspace.batch.append(event)
        if event.isTimeClamped { service.counters.countClamped() }
        service.counters.refresh(&workspace.types, version: &workspace.typesVersion).count(event.type)
    }

    /// Appends a mark, if the last numbers that were taken are in no record.
    func appendMark() {
        guard let number = numbers.uncarried else { return }
        var mark = NewRecord()
        mark.kind = .mark
        mark.received = received
        mark.sequence = number
        mark.client = clientName.bytes
        do { try workspace.batch.append(mark) } catch { preconditionFailure("a mark is short: \(error)") }
    }

    /// Gives a record that has arrived the time that its event claims, unless that is of the future.
    func claim(_ time: Int64, _ precision: UInt8, in record: inout NewRecord) {
        record.precision = precision
        record.isTimeClamped = time > record.received + service.configuration.skew
        record.time = record.isTimeClamped ? record.received : time
    }

    /// A change of the locked fields makes a new session record, with a number of its own.
    private func appendSessionRecord() throws(RecordTooLong) {
        var json = Bytes()
        SessionRecord.append(locked: locked, peer: connection.peer, identity: identity, to: &json)
        var session = NewRecord()
        session.kind = .session
        session.received = received
        session.session = service.log.newSession()
        session.payload = json.contents
        try workspace.batch.append(session)
        if record != 0 { replaced.append(record) }
        record = session.session
        recorded = locked
    }
}
