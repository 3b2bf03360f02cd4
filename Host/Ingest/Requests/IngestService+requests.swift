import Enrichment
import EventLog
import Records

extension IngestService {
    /// Takes the events of a request, as one short session: they all go under the identity that one of them tells,
    /// or, on a trusted connection, each under the actor that it names.
    ///
    /// Answers when what became of them is durable: `{"accepted","duplicates","rejected":[{"index","reason"}]}`,
    /// indices from 0 in the body's order. The status is 200 if anything was accepted or known, 400 if nothing was,
    /// and another one, with `{"reason"}`, if the request was not taken at all; then it can be sent again.
    package func answer(_ request: EventRequest) async -> EventAnswer {
        guard !log.isCongested else {
            return EventAnswer(
                IngestRefusal(status: 503, reason: "the disk is behind; try again in a few seconds", retryAfter: 2))
        }
        do throws(IngestRefusal) {
            let connection = try connection(of: request)
            let identity = try await identity(of: connection)
            try checkRate(identity)
            let body = try decompressed(request)
            let form = EventBody(contentType: request.contentType, isForeign: connection.source != nil)
            let workspace = workspaces.take()
            defer { workspaces.give(workspace) }
            form.split(body, limit: configuration.bodyEvents + 1, into: &workspace.frames)
            guard 1...configuration.bodyEvents ~= workspace.frames.count else {
                defer { workspace.endRead() }
                throw .count(of: workspace.frames.count, limit: configuration.bodyEvents)
            }
            let (report, result) = await take(connection, workspace, as: identity)
            guard case .success = result else { throw .logStopped }
            return EventAnswer(report)
        } catch {
            return EventAnswer(error)
        }
    }

    /// Takes the events in the workspace's frames, and returns when they are durable.
    private func take(
        _ connection: IngestConnection, _ workspace: IngestWorkspace, as identity: Identity?
    ) async -> (ReadReport, Result<Void, LogError>) {
        let wakeUps = Mailbox<Void>()
        let durable = Mailbox<Result<Void, LogError>>()
        let session = IngestSession(self, connection, workspace, lookedUp: { wakeUps.put(()) })
        session.receiveAll(as: identity) { durable.put($0) }
        if session.isWaiting, let enrichment {
            let timer = Task {
                try await Task.sleep(for: .microseconds(enrichment.budget))
                while !Task.isCancelled {
                    wakeUps.put(())
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            while session.isWaiting {
                await wakeUps.take()
                session.goOnWithRequest { durable.put($0) }
            }
            timer.cancel()
        }
        return (session.requestReport, await durable.take())
    }

    private func connection(of request: EventRequest) throws(IngestRefusal) -> IngestConnection {
        var connection = try connection(
            from: request.peer, query: request.query, idempotencyKey: request.idempotencyKey,
            credentials: request.credentials)
        connection.isRequest = true
        connection.published = request.published
        return connection
    }

    /// Who the holder of the request's token is; nil: it has none, and its events say who they are from.
    private func identity(of connection: IngestConnection) async throws(IngestRefusal) -> Identity? {
        guard !connection.isTrusted, let tokens, let token = connection.credentials.token else { return nil }
        switch await tokens.verify(token) {
        case .success(let identity): return identity
        case .failure(let refusal): throw IngestRefusal(status: 401, reason: refusal.description)
        }
    }

    /// A request can't be slowed down as a connection can: it is turned away while its actor's last events were too many.
    private func checkRate(_ identity: Identity?) throws(IngestRefusal) {
        guard let identity else { return }
        let name = StableBytes(identity.safeUserID)
        let wait = actorRates.wait(of: name.bytes, at: now)
        guard wait > 0 else { return }
        let rate = configuration.actorRate.perSecond
        throw IngestRefusal(
            status: 429, reason: "more than \(rate) events a second of one actor (ingest.limits.actor)",
            retryAfter: Int((wait + 999_999) / 1_000_000))
    }

    private func decompressed(_ request: EventRequest) throws(IngestRefusal) -> [UInt8] {
        let limit = configuration.bodyBytes
        switch request.contentEncoding.lowercased() {
        case "", "identity":
            guard request.body.count <= limit else {
                throw .tooLarge("more than \(limit) bytes")
            }
            return request.body
        case "gzip", "x-gzip":
            do throws(GzipError) {
                return try GzipInflater.inflate(request.body, limit: limit)
            } catch {
                if case .tooLarge = error { throw .tooLarge("\(error)") }
                throw IngestRefusal(status: 400, reason: "the body can't be decompressed: \(error)")
            }
        case let encoding:
            throw IngestRefusal(status: 415, reason: "Content-Encoding \(encoding): expected gzip or none")
        }
    }
}

extension IngestRefusal {
    fileprivate static func tooLarge(_ what: String) -> IngestRefusal {
        IngestRefusal(status: 413, reason: "the body has \(what): send several requests")
    }

    fileprivate static func count(of events: Int, limit: Int) -> IngestRefusal {
        if events > 0 { return tooLarge("more than \(limit) events") }
        let expected = "a JSON object, an array of them, or one in each line"
        return IngestRefusal(status: 400, reason: "the body holds no event: expected \(expected)")
    }

    static let logStopped = IngestRefusal(status: 503, reason: "the event log has stopped; the operator's log says why")
}

extension EventAnswer {
    package init(_ refusal: IngestRefusal) {
        var bytes = Bytes()
        bytes.append("{\"reason\":")
        bytes.appendJSON(refusal.reason)
        bytes.append("}")
        self.init(status: refusal.status, body: bytes.string, retryAfter: refusal.retryAfter)
    }

    init(_ report: ReadReport) {
        var rejections: [(index: Int, reason: String)] = []
        for case .rejected(let index, let reason, _) in report.messages { rejections.append((index, reason)) }
        var bytes = Bytes()
        bytes.append("{\"accepted\":\(report.accepted),\"duplicates\":\(report.duplicates),\"rejected\":[")
        // What waited for an identity in vain was rejected last.
        for (count, rejection) in rejections.sorted(by: { $0.index < $1.index }).enumerated() {
            if count > 0 { bytes.append(",") }
            bytes.append("{\"index\":\(rejection.index),\"reason\":")
            bytes.appendJSON(rejection.reason)
            bytes.append("}")
        }
        bytes.append("]}")
        let isFutile = report.accepted + report.duplicates == 0 && !rejections.isEmpty
        self.init(status: isFutile ? 400 : 200, body: bytes.string)
    }
}
