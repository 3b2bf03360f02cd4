import Enrichment
import EventLog
import Records
import Synchronization

/// One connection's way into the log: a state machine without a socket.
///
/// The handler of a WebSocket makes one, fills its workspace's `frames` with the messages of a read, calls `receive`
/// at the end of the read, and does what the outputs say, in order; what the log's durability brings comes later,
/// through `deliver`. Each frame goes this way: decode, locked fields, who it is, limits, log. What can't go on goes
/// to the dead letters, the client is told why, and the connection stays open.
///
/// Confined to one thread at a time; only `deliver` is called on the log's, which it must not block. The handler
/// closes with 1009 on a message of more than `eventBytes`, and does not read while its channel is not writable: a
/// client that sends nothing but mistakes and reads no answers is stopped by that.
package final class IngestSession {
    let service: IngestService
    let workspace: IngestWorkspace
    let connection: IngestConnection
    private let deliver: @Sendable ([IngestOutput]) -> Void
    private let mark: ClientMark?
    let clientName: StableBytes
    let logIdentity: LogIdentity

    var locked = LockedFields.none()
    /// Who the connection is, from its first authentication on; never changes after.
    var identity: Identity?
    /// Has been told who it is.
    var isGreeted = false
    /// The actor of events that name none: the identity, or the first user of a trusted connection.
    private(set) var actor = EventActor()
    private var actorName: StableBytes?
    var backlog = Backlog()
    /// Events of which something is being looked up.
    var waiting = WaitingEvents()
    /// They are going on.
    var isReleasing = false
    /// Waits for what this read has begun to look up.
    var latch: LookupLatch?
    let lookedUp: @Sendable () -> Void
    /// What the identity is looked up by.
    var identityName: StableBytes?
    /// A token has been shown, and whose it is is being found out.
    var isVerifying = false
    /// The actor's last connection had fields locked, and this one has none yet.
    var isAwaitingLock = false
    /// What the connection locked first, or got back; nil: nothing so far.
    var firstLock: LockedFields?
    /// Its number among the log's early frames. 0: it has none.
    var earlyNumber: UInt64 = 0
    /// The number of the session record in the log, and what is locked there. 0: there is none yet.
    var record: UInt32 = 0
    var recorded: LockedFields?

    // Of the read that is going on:
    var numbers: FrameNumbers
    var report = ReadReport()
    /// Of all reads of a request.
    private(set) var requestReport = ReadReport()
    /// When its frames arrived, in microseconds since 1970 UTC.
    var received: Int64 = 0
    /// Session records that were replaced.
    var replaced: [UInt32] = []

    /// What rules say of its events.
    var domains = DomainCheck()

    /// Frames that were appended and are not durable yet.
    private let unacknowledged = WaitingFrames()
    private var rate = RateLimit()
    private var isSlow = false
    private var isOpen = false
    private var isEnded = false

    /// - Parameters:
    ///   - deliver: takes what has to be done when the log has become durable.
    ///   - lookedUp: called on any thread, also within a call of the session's, when it is time to call `goOn`.
    package init(
        _ service: IngestService, _ connection: IngestConnection, _ workspace: IngestWorkspace,
        deliver: @escaping @Sendable ([IngestOutput]) -> Void = { _ in }, lookedUp: @escaping @Sendable () -> Void = {}
    ) {
        self.service = service
        self.connection = connection
        self.workspace = workspace
        self.deliver = deliver
        self.lookedUp = lookedUp
        clientName = StableBytes(connection.client ?? "")
        logIdentity = service.log.identity
        mark = connection.client.map(service.clients.acquire)
        numbers = FrameNumbers(connection.numbering, after: connection.firstNumber.map { $0 - 1 })
    }

    /// Begins a connection. A client that wants to know is told up to which number everything is durable: at once, or
    /// as soon as what other connections of the same client have sent is so.
    ///
    /// - Throws: a refusal if too many connections are open; the session is of no use then.
    package func open() throws(IngestRefusal) -> [IngestOutput] {
        let limit = service.configuration.connections
        guard service.counters.openConnection(limit: limit) else {
            end()
            throw IngestRefusal(
                status: 503, reason: "all \(limit) connections are in use (ingest.limits.connections)", retryAfter: 10)
        }
        isOpen = true
        return greeting() + credentialsToVerify()
    }

    private func credentialsToVerify() -> [IngestOutput] {
        guard let token = connection.credentials.token, service.tokens != nil else { return [] }
        isVerifying = true
        return [.verify(token)]
    }

    private func greeting() -> [IngestOutput] {
        guard let mark else { return [] }
        return mark.accepted.withLock { accepted in
            numbers.beginRead(accepted: accepted)
            guard connection.acknowledges else { return [] }
            let greeting = [IngestOutput.send(Reply.acknowledged(accepted))]
            if mark.durable == accepted { return greeting }
            append(outputs: greeting)
            return []
        }
    }

    /// Takes the messages of one read, which are then gone from the workspace, and appends what they give to the log,
    /// all at once.
    package func receive() -> [IngestOutput] { receive {} }

    /// Whose the token is that an output asked to verify.
    package func finish(_ verdict: Result<Identity, TokenRefusal>) -> [IngestOutput] {
        isEnded ? [] : receive { [self] in take(verdict) }
    }

    /// The time is over that an output asked for.
    package func wake() -> [IngestOutput] { isEnded || !isAwaitingLock ? [] : receive { [self] in giveUpLock() } }

    /// All frames of the client's up to this number are in the log or the dead letters, for good; 0: none, or it numbers none.
    package var durable: UInt64 { mark?.durable ?? 0 }

    /// Nothing says who the connection is, though it has had the time.
    package var isLate: Bool { identity == nil && !connection.isTrusted }

    /// - Parameter prologue: what happens before the frames of the read.
    func receive(after prologue: () -> Void) -> [IngestOutput] {
        var outputs: [IngestOutput] = []
        let frames = workspace.frames.count
        let report = read(after: prologue) { session in
            var later = session.report.later
            if session.connection.acknowledges && session.numbers.isAcknowledgementDue {
                later.append(.send(Reply.acknowledged(session.numbers.accepted)))
            }
            if session.report.isOver {
                session.giveUpBacklog(isAnswered: false)
                // Not before what still waits.
                if session.waiting.isEmpty { later.append(.close(session.report.closeCode, "")) }
            }
            let isAhead = session.unacknowledged.add(frames) > session.service.configuration.unacknowledged
            if isAhead || session.service.log.isCongested {
                outputs.append(.stopReading)
                later.append(.readOn)
            }
            session.append(outputs: later, frames: frames)
        }
        let replies = report.messages.map { message -> IngestOutput in
            switch message {
            case .authenticated(let userID): .send(Reply.authenticated(userID))
            case .rejected(_, let reason, let number): .send(Reply.refused(reason, number: number))
            case .blocked(let reply): .send(reply)
            case .refused(let reason): .send(Reply.refused(reason, number: 0))
            }
        }
        return replies + report.now + outputs + slowDown(frames) + waitForLookups()
    }

    /// Has the socket rest, if more events have come than may. A trusted connection brings those of many, as fast as it likes.
    private func slowDown(_ frames: Int) -> [IngestOutput] {
        guard frames > 0, !connection.isTrusted, !report.isOver else { return [] }
        let limits = service.configuration
        let own = rate.take(frames, at: received, limits.connectionRate)
        let actors = identity == nil ? 0 : service.actorRates.take(frames, of: actor.id, at: received)
        guard max(own, actors) > 0 else { return [] }
        defer { isSlow = true }
        let rest = [IngestOutput.pause(max(own, actors))]
        if isSlow { return rest }
        let (name, rate) = own > actors ? ("connection", limits.connectionRate) : ("actor", limits.actorRate)
        let limit = "more than \(rate.perSecond) events a second (ingest.limits.\(name)): they are read more slowly"
        return rest + [.send(Reply.slowedDown(limit, microseconds: max(own, actors)))]
    }

    /// Takes all events of a request. `completion` is called when what they gave is durable, or never will be; not while some
    /// wait for what is looked up: then `goOnWithRequest` goes on.
    ///
    /// - Parameter identity: whose they are, where that is known already.
    func receiveAll(
        as identity: Identity?, then completion: @escaping @Sendable (Result<Void, LogError>) -> Void
    ) {
        let frames = workspace.frames.count
        takeRequest({ if let identity { become(identity) } }, then: completion)
        if self.identity != nil { _ = service.actorRates.take(frames, of: actor.id, at: received) }
    }

    /// As `goOn`, for a request.
    func goOnWithRequest(then completion: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        takeRequest({ releaseWaiting(all: false) }, then: completion)
    }

    private func takeRequest(
        _ prologue: () -> Void, then completion: @escaping @Sendable (Result<Void, LogError>) -> Void
    ) {
        let report = read(after: prologue) { session in
            if session.isWaiting { return session.append(outputs: []) }
            session.giveUpBacklog(isAnswered: true)
            session.append(then: completion)
        }
        requestReport.add(report)
        endLookups()
        if !isWaiting { end() }
    }

    /// Ends the session: the connection is closed, or lost. Frames that arrived before have been received. Further
    /// calls do nothing.
    package func end() {
        guard !isEnded else { return }
        if isWaiting {
            _ = read(after: { releaseWaiting(all: true) }) { $0.append(outputs: []) }
            endLookups()
        }
        isEnded = true
        report = ReadReport()
        giveUpBacklog(isAnswered: false)
        if !workspace.letters.isEmpty || !workspace.batch.isEmpty {
            append(outputs: [])
            workspace.endBatch()
            service.counters.count(accepted: report.accepted, duplicates: report.duplicates)
        }
        if record != 0 { service.log.closeSession(record) }
        if let mark { service.clients.release(mark) }
        if isOpen { service.counters.closeConnection() }
    }

    /// From now on, events that name no actor are this one's.
    func setActor(_ id: String, _ assertion: ActorAssertion) {
        let name = StableBytes(id)
        actorName = name
        actor = EventActor(id: name.bytes, partition: logIdentity.partition(ofActor: name.bytes), assertion: assertion)
    }

    /// Takes the workspace's frames and lets `finish` append what they gave, while no other connection of the
    /// client's does.
    private func read(after prologue: () -> Void, _ finish: (IngestSession) -> Void) -> ReadReport {
        // What has ended the session in an earlier read still holds.
        let (over, closeCode) = (report.over, report.closeCode)
        report = ReadReport()
        (report.over, report.closeCode) = (over, closeCode)
        received = service.now
        if let mark {
            mark.accepted.withLock { accepted in
                numbers.beginRead(accepted: accepted)
                prologue()
                takeFrames()
                finish(self)
                accepted = numbers.accepted
            }
        } else {
            prologue()
            takeFrames()
            finish(self)
        }
        workspace.endRead()
        service.counters.count(accepted: report.accepted, duplicates: report.duplicates)
        return report
    }

    /// Appends the read and does `outputs` when it, and all that was appended before, is durable.
    ///
    /// - Parameter frames: of the read.
    private func append(outputs: [IngestOutput], frames: Int = 0) {
        let isEmpty = workspace.batch.isEmpty && workspace.letters.isEmpty && numbers.uncarried == nil
        if isEmpty && outputs.isEmpty {
            unacknowledged.remove(frames)
            return
        }
        append { [deliver, unacknowledged] result in
            unacknowledged.remove(frames)
            switch result {
            case .success: if !outputs.isEmpty { deliver(outputs) }
            case .failure: deliver([.close(1011, "the event log has stopped")])
            }
        }
    }

    private func append(then completion: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        appendMark()
        if let mark {
            let clients = service.clients
            let accepted = numbers.accepted
            clients.retain(mark)
            service.log.append(workspace.batch, letters: workspace.letters) { result in
                if case .success = result { mark.becameDurable(accepted) }
                completion(result)
                clients.release(mark)
            }
        } else {
            service.log.append(workspace.batch, letters: workspace.letters, onDurable: completion)
        }
        for session in replaced { service.log.closeSession(session) }
        replaced.removeAll()
    }
}
