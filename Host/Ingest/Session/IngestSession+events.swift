import CPluginAPI
import EventLog
import Records

extension IngestSession {
    /// Takes an event that stands in the workspace's row, locked fields applied: finds out whose it is.
    ///
    /// On a trusted connection an event goes under the actor that it names. A connection without `client` is a
    /// person's, as Learning Observer's are: it is told its user id when an event first has one, and its events that
    /// name no actor are that user's. With `client` it is a publisher's, and what names no actor has none.
    ///
    /// On other connections all events are the identity's that the connection has authenticated as.
    func takeEvent(_ frame: Frame) {
        let row = workspace.row
        let longest = service.configuration.nameBytes
        guard let type = workspace.envelope.type(of: row) ?? connection.givenType?.name else {
            return reject(frame, .noType, EnvelopeReader.missingType)
        }
        guard type.count <= longest else {
            return reject(frame, .noType, "the type has \(type.count) bytes, at most \(longest) are allowed")
        }
        if let published = connection.published, let reason = violation(of: published, frame) {
            return reject(frame, .unfit, reason)
        }
        if connection.isTrusted { return takeTrusted(frame) }
        if identity == nil {
            switch authenticate(row) {
            case .malformed(let reason): return reject(frame, .badIdentity, reason)
            case .nothing: break
            case .identity(let identity):
                become(identity)
                if isReady {
                    releaseBacklog()
                    _ = workspace.extract(frame.bytes)
                    locked.apply(to: row)
                }
            }
        }
        if isReady { stage(frame, actor) } else { hold(frame) }
    }

    /// What does not fit in an event that came to the address of its kind: field, found, expected.
    private func violation(of published: PublishedEvent, _ frame: Frame) -> String? {
        let hasActor = !connection.isTrusted || workspace.envelope.actor(of: workspace.row) != nil
        return workspace.schema(of: published).violation(in: frame.bytes, locked, hasActor: hasActor)
    }

    private func takeTrusted(_ frame: Frame) {
        let row = workspace.row
        guard let named = workspace.envelope.actor(of: row) else {
            for (index, slot) in workspace.actors.enumerated()
            where row[slot].tag != LECTERN_MISSING && row[slot].tag != LECTERN_NULL && row[slot].tag != LECTERN_TEXT {
                let name = service.configuration.actorFields[index]
                return reject(frame, .badIdentity, "\"\(name)\" is \(row[slot].kindName), expected a text")
            }
            return stage(frame, actor)
        }
        let longest = service.configuration.nameBytes
        guard named.count <= longest else {
            let size = "\(named.count) bytes, at most \(longest) are allowed"
            return reject(frame, .badIdentity, "the actor's id has \(size)")
        }
        if !isGreeted { greet(named) }
        let partition = logIdentity.partition(ofActor: named)
        stage(frame, EventActor(id: named, partition: partition, assertion: .connection))
    }

    private func greet(_ named: UnsafeRawBufferPointer) {
        guard service.configuration.authentication.contains(.testcase), !connection.isRequest, connection.hasProtocol
        else { return }
        let userID = workspace.row[workspace.userID]
        guard userID.tag == LECTERN_TEXT && userID.length > 0 else { return }
        isGreeted = true
        report.messages.append(.authenticated(userID: Identity.testcase(userID.string).userID))
        if connection.client == nil { setActor(String(decoding: named, as: UTF8.self), .connection) }
    }

    /// Keeps an event until its connection is ready.
    private func hold(_ frame: Frame) {
        guard frame.standing == .new else {
            if frame.standing == .repeated { report.duplicates += 1 }
            return
        }
        let limits = service.configuration
        guard
            backlog.count < limits.backlogEvents, backlog.bytes + frame.bytes.count <= limits.backlogBytes,
            service.counters.hold(frame.bytes.count, limit: limits.backlogTotalBytes)
        else {
            let waiting = "\(backlog.count) events with \(backlog.bytes) bytes wait for authentication, no more fit"
            return reject(
                frame, .backlogFull, waiting + " (ingest.limits.backlog); send an event that says who you are")
        }
        backlog.append(
            frame.bytes, received: received, number: frame.number, index: frame.index, locked: locked)
        numbers.hold(frame.number)
        showEarly(frame)
    }

    /// Keeps a copy for operators, who may want to see what nobody vouches for. A request is answered at once.
    private func showEarly(_ frame: Frame) {
        guard !connection.isRequest else { return }
        let frames = service.log.earlyFrames
        if earlyNumber == 0 { earlyNumber = frames.newConnection() }
        frames.add(frame.bytes, connection: earlyNumber, peer: connection.peer.ip, received: received)
    }

    /// The session ends, and nobody has said whose the events are that wait. They go to the dead letters, but for
    /// those that are still the client's, because they have numbers and it was not told that they are durable: it
    /// sends them again.
    /// - Parameter isAnswered: the client is told what became of each.
    func giveUpBacklog(isAnswered: Bool) {
        // Whose they are is known, and only the lock has not come.
        if isAwaitingLock, !numbers.isNumbered { return giveUpLock() }
        let reason = "the connection ended before it said who it is"
        service.counters.release(backlog.bytes)
        for entry in backlog.removeAll() where isAnswered || !numbers.isNumbered {
            entry.withBytes { bytes in
                if isAnswered {
                    let frame = Frame(bytes: bytes, index: entry.index, number: entry.number)
                    reject(frame, .noIdentity, "nothing says whose event this is")
                } else {
                    addLetter(.noIdentity, reason, bytes, number: 0)
                }
            }
        }
        // Those that wait for what is looked up have numbers that are held, too.
        guard waiting.isEmpty else { return }
        if isAnswered { numbers.takeHeld() } else { numbers.dropHeld() }
    }
}
