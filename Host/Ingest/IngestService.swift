package import Enrichment
package import EventLog
import Records
import Synchronization

/// Takes events in, from connections and requests, and appends them to the log.
///
/// One for a host; all members can be called from any thread.
package final class IngestService: Sendable {
    package let configuration: IngestConfiguration
    package let counters = IngestCounters()
    let log: EventLog
    let clients: Clients
    let workspaces: Workspaces
    /// Of `local_storage`; nil: nobody lists them.
    package let knownUsers: KnownUsers?
    /// Whose events are taken; nil: everybody's.
    package let blockList: BlockList?
    /// Of the method `jwt`; nil: it is not in use.
    package let tokens: TokenVerifier?
    /// What `save_blob` has stored; nil: nothing is served.
    package let blobs: BlobStore?
    /// What is looked up of events; nil: nothing is.
    package let enrichment: Enrichment?
    let actorRates: ActorRates
    let locks: LastLocks
    private let sources: Mutex<[String: any EventSource]>
    private let clock: @Sendable () -> Int64

    /// - Parameters:
    ///   - sources: those of the loaded plugins.
    ///   - clock: microseconds since 1970 UTC.
    package init(
        _ configuration: IngestConfiguration, log: EventLog, sources: [any EventSource] = [],
        blockList: BlockList? = nil, blobs: BlobStore? = nil, enrichment: Enrichment? = nil,
        clock: @escaping @Sendable () -> Int64 = { WallClock.microseconds }
    ) throws {
        self.configuration = configuration
        self.log = log
        self.clients = Clients(log: log)
        self.workspaces = Workspaces(configuration)
        self.blockList = blockList
        self.blobs = blobs
        self.enrichment = enrichment
        actorRates = ActorRates(configuration.actorRate)
        locks = try LastLocks(limit: configuration.lockMemory, of: log)
        tokens =
            configuration.authentication.contains(.jwt)
            ? TokenVerifier(configuration.token, longestName: configuration.nameBytes, clock: clock) : nil
        knownUsers =
            configuration.usersFile.isEmpty
            ? nil : KnownUsers(file: configuration.usersFile, takesOthers: configuration.takesOtherUsers)
        self.sources = Mutex(Dictionary(sources.map { ($0.id, $0) }) { first, _ in first })
        self.clock = clock
    }

    /// Replaces the sources. Open connections keep theirs.
    package func replaceSources(_ sources: [any EventSource]) {
        let byID = Dictionary(sources.map { ($0.id, $0) }) { first, _ in first }
        self.sources.withLock { $0 = byID }
    }

    var now: Int64 { clock() }

    /// Nothing more comes in. Returns when no event waits for what is looked up of it.
    package func finishLookups() async {
        guard let enrichment else { return }
        enrichment.close()
        // By then each of them goes on in any case.
        let end = MonotonicClock.microseconds + enrichment.budget + 1_000_000
        while counters.waiting > 0, MonotonicClock.microseconds < end {
            guard (try? await Task.sleep(for: .milliseconds(2))) != nil else { return }
        }
    }

    /// Checks what a client asks for.
    ///
    /// - Parameters:
    ///   - query: the part of the request's target after `?`, as it stands: `ack=1`, `client=ID`, `seq=N`, `source=ID`,
    ///     `attempt=N`.
    ///   - idempotencyKey: the header of that name of a request.
    package func connection(
        from peer: IngestPeer, query: String = "", idempotencyKey: String? = nil,
        credentials: Credentials = Credentials()
    ) throws(IngestRefusal) -> IngestConnection {
        let query = QueryParameters(query)
        let trusted = credentials.isPublisher || (configuration.trust == .loopback && peer.isLoopback)
        var connection = IngestConnection(peer: peer, isTrusted: trusted, credentials: credentials)
        if let client = query["client"] {
            guard !client.hasPrefix(Self.topicPrefix) else {
                let reason = "client: names that begin with \(Self.topicPrefix) are those of topics; choose another"
                throw IngestRefusal(status: 400, reason: reason)
            }
            connection.client = try name(client, "client")
            connection.numbering = .member
        } else if let key = idempotencyKey {
            connection.client = "idempotency-key/" + (try name(key, "Idempotency-Key"))
            connection.numbering = .order
            connection.firstNumber = 1
        }
        if let id = query["source"] {
            connection.source = try source(id, trusted: trusted)
            connection.client = connection.client.map { id + "/" + $0 }
            if connection.client != nil { connection.numbering = .order }
        }
        // Nobody whose word does not count can number frames in the name of a publisher, whose own would pass for known then.
        if !trusted { connection.client = connection.client.map { "public/" + $0 } }
        if let number = query["seq"] {
            guard let first = UInt64(number), first >= 1, first < UInt64(Int64.max) else {
                throw IngestRefusal(status: 400, reason: "seq=\(number): expected a whole number from 1 on")
            }
            guard query["client"] != nil else {
                throw IngestRefusal(status: 400, reason: "seq counts the frames of a client: add client=ID")
            }
            connection.firstNumber = first
            // The client counts its frames: what they call `seq` is theirs.
            connection.numbering = .order
        }
        if let text = query["attempt"] {
            guard let attempt = Int(text), 1...1_000_000 ~= attempt else {
                throw IngestRefusal(status: 400, reason: "attempt=\(text): expected a whole number from 1 on")
            }
            connection.attempt = attempt
        }
        switch query["ack"] {
        case nil, "0": break
        case "1":
            guard query["client"] != nil else {
                throw IngestRefusal(status: 400, reason: "ack=1 acknowledges the frames of a client: add client=ID")
            }
            connection.acknowledges = true
        case let value?: throw IngestRefusal(status: 400, reason: "ack=\(value): expected 0 or 1")
        }
        return connection
    }

    /// What one partition of a topic brings: its messages are numbered by their offsets, from 1 on, and whoever may write into the
    /// topic is believed who its actors are.
    ///
    /// - Parameter type: of events that name none.
    package func connection(topic: String, partition: Int, type: String) -> IngestConnection {
        let place = "\(Self.topicPrefix)\(topic)/\(partition)"
        var connection = IngestConnection(
            peer: IngestPeer(ip: "", origin: place), isTrusted: true, credentials: Credentials())
        connection.client = place
        connection.numbering = .given
        connection.type = IngestConnection.EventType(type)
        connection.hasProtocol = false
        return connection
    }

    /// Of the clients that are partitions of topics.
    private static let topicPrefix = "kafka/"

    private func name(_ text: String, _ what: String) throws(IngestRefusal) -> String {
        guard !text.isEmpty, text.utf8.count <= configuration.nameBytes else {
            throw IngestRefusal(status: 400, reason: "\(what): expected 1 to \(configuration.nameBytes) bytes")
        }
        return text
    }

    private func source(_ id: String, trusted: Bool) throws(IngestRefusal) -> any EventSource {
        let (source, known) = sources.withLock { ($0[id], $0.keys.sorted()) }
        guard let source else {
            let list = known.isEmpty ? "no plugin has one" : "there are " + known.joined(separator: ", ")
            throw IngestRefusal(status: 404, reason: "source=\(id): no such source; \(list)")
        }
        guard trusted else {
            let remedy = "the connection must be trusted: it needs a publisher's token, or ingest.trust"
            throw IngestRefusal(status: 403, reason: "source=\(id): a source says who the actors are, so \(remedy)")
        }
        return source
    }
}
