import Dispatch
import Records
import Synchronization

/// Sends requests to the servers of a store, and again where that helps: to the node that has the keys, and after an
/// outage. All members: any thread.
final class RedisRouter: Sendable {
    private struct ConnectionID: Hashable {
        let server: RedisAddress
        let role: RedisRequest.Role
    }

    private struct State {
        var connections: [ConnectionID: RedisConnection] = [:]
        var slots = RedisSlots()
        var isRefreshing = false
        /// Run when the slots are known again.
        var afterRefresh: [@Sendable () -> Void] = []
        /// Why requests wait; nil: none has to.
        var trouble: String?
        /// No request waits longer, from then on.
        var end: Int64?
        var isClosed = false
    }

    let configuration: RedisConfiguration
    private let tls: TLSClient?
    private let seeds: [RedisAddress]
    let isCluster: Bool
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    /// Sends checkpoints again, for which it waits.
    private let checkpoints = DispatchQueue(label: "kvs.redis checkpoints")

    /// - Parameter report: told, in a sentence, when the server goes away and when it is back; any thread.
    init(_ configuration: RedisConfiguration, report: @escaping @Sendable (String) -> Void) throws(RedisFailure) {
        self.configuration = configuration
        self.report = report
        tls = if let settings = configuration.tls { try TLSClient(settings) } else { nil }
        switch configuration.place {
        case .server(let address): (seeds, isCluster) = ([address], false)
        case .cluster(let nodes): (seeds, isCluster) = (nodes, true)
        }
    }

    /// Every server that has keys.
    var servers: [RedisAddress] {
        guard isCluster else { return seeds }
        let known = state.withLock { $0.slots.nodes }
        return known.isEmpty ? seeds : known
    }

    /// From now on nothing waits longer than this for a server that is away.
    func stopWaiting(after patience: Duration) {
        let end = MonotonicClock.microseconds + patience.microseconds
        state.withLock { $0.end = min($0.end ?? .max, end) }
    }

    /// Ends all connections. To be called once, and not within `done` of a request.
    func close() {
        let connections = state.withLock { state in
            state.isClosed = true
            defer { state.connections = [:] }
            return Array(state.connections.values)
        }
        for connection in connections { connection.close() }
    }

    /// Blocks if the role is `checkpoints`.
    ///
    /// - Parameter done: called once, on whatever thread.
    func send(_ request: RedisRequest, done: @escaping @Sendable (Result<RedisAnswer, RedisFailure>) -> Void) {
        switch request.route {
        case .connection(let path): send(request, to: path.server, asking: path.asking, number: path.number, done)
        case .server(let server): send(request, to: server, asking: false, number: nil, done)
        case .slot(let slot):
            if !isCluster {
                send(request, to: seeds[0], asking: false, number: nil, done)
            } else if let owner = state.withLock({ $0.slots.owner(of: slot) }) {
                send(request, to: owner, asking: false, number: nil, done)
            } else {
                sendAgain(
                    request, reason: "nobody in the cluster has slot \(slot)", after: .zero, isRefreshing: true, done)
            }
        }
    }

    private func send(
        _ request: RedisRequest, to server: RedisAddress, asking: Bool, number: Int?,
        _ done: @escaping @Sendable (Result<RedisAnswer, RedisFailure>) -> Void
    ) {
        guard let connection = connection(to: server, request.role) else { return done(.failure(.closed)) }
        let encoded: (bytes: RedisBytes, isAnswer: [Bool]?) =
            asking ? request.commands.asking : (request.commands.bytes, nil)
        let answers = encoded.isAnswer?.count ?? request.commands.count
        connection.send(
            RedisConnection.Message(bytes: encoded.bytes, answers: answers, number: number) { [self] result in
                switch result {
                case .failure(let failure): fail(request, failure, done)
                case .success(let answer):
                    var replies = answer.replies
                    if let isAnswer = encoded.isAnswer {
                        replies = zip(replies, isAnswer).filter(\.1).map(\.0)
                    }
                    let path = RedisPath(server: server, asking: asking, number: answer.number)
                    take(RedisAnswer(replies: replies, path: path), request, done)
                }
            })
    }

    private func connection(to server: RedisAddress, _ role: RedisRequest.Role) -> RedisConnection? {
        state.withLock { state in
            if state.isClosed { return nil }
            let id = ConnectionID(server: server, role: role)
            if let connection = state.connections[id] { return connection }
            let connection = RedisConnection(server, configuration, tls, callersWait: role == .checkpoints)
            state.connections[id] = connection
            return connection
        }
    }

    // MARK: What comes back

    private func take(
        _ answer: RedisAnswer, _ request: RedisRequest,
        _ done: @escaping @Sendable (Result<RedisAnswer, RedisFailure>) -> Void
    ) {
        // Where a transaction was refused, the reason stands before its end.
        let error = answer.replies.lazy.compactMap(\.error).first
        if let error, let redirection = RedisRedirection(error, asked: answer.path.server) {
            guard isCluster else {
                return done(
                    .failure(.refused(reason: "the server is a node of a cluster; set `nodes` instead of `host`")))
            }
            if !redirection.isForOnce {
                state.withLock { $0.slots.assign(redirection.slot, to: redirection.address) }
            }
            if case .connection = request.route { return done(.failure(.otherConnection)) }
            if redirection.isForOnce {
                send(request, to: redirection.address, asking: true, number: nil, done)
            } else {
                refreshSlots {}
                sendAgain(request, reason: error, after: .milliseconds(1), isRefreshing: false, done)
            }
        } else if let error, Self.passes(error) {
            if case .connection = request.route { return done(.failure(.lost(reason: error))) }
            let isTorn = error.hasPrefix("TRYAGAIN")
            if !isTorn { note(error) }
            sendAgain(
                request, reason: error, after: .milliseconds(isTorn ? 5 : 50),
                isRefreshing: error.hasPrefix("CLUSTERDOWN"), done)
        } else {
            note(nil)
            done(.success(answer))
        }
    }

    /// Whether an error is of the server's present state, so that asking again later helps.
    private static func passes(_ error: String) -> Bool {
        let passing = [
            "LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN", "BUSY ", "MISCONF", "NOREPLICAS", "READONLY", "OOM",
        ]
        return passing.contains { error.hasPrefix($0) }
    }

    private func fail(
        _ request: RedisRequest, _ failure: RedisFailure,
        _ done: @escaping @Sendable (Result<RedisAnswer, RedisFailure>) -> Void
    ) {
        switch failure {
        case .unreachable(let reason, let again):
            note(reason)
            sendAgain(request, reason: reason, after: again, isRefreshing: isCluster, done)
        case .lost(let reason):
            note(reason)
            guard request.isRepeatable else { return done(.failure(failure)) }
            sendAgain(request, reason: reason, after: .zero, isRefreshing: isCluster, done)
        case .refused(let reason):
            note(reason)
            done(.failure(failure))
        case .otherConnection, .full, .closed: done(.failure(failure))
        }
    }

    private func sendAgain(
        _ request: RedisRequest, reason: String, after pause: Duration, isRefreshing: Bool,
        _ done: @escaping @Sendable (Result<RedisAnswer, RedisFailure>) -> Void
    ) {
        if case .connection = request.route { return done(.failure(.otherConnection)) }
        let (end, isClosed) = state.withLock { ($0.end, $0.isClosed) }
        if isClosed { return done(.failure(.closed)) }
        let left = min(request.deadline ?? .max, end ?? .max) - MonotonicClock.microseconds
        guard left > 0 else { return done(.failure(.unreachable(reason: reason, again: .zero))) }
        let wait = Int(min(left, max(1_000, pause.microseconds)))
        let queue = request.role == .checkpoints ? checkpoints : .global()
        queue.asyncAfter(deadline: .now() + .microseconds(wait)) { [self] in
            if isRefreshing {
                // Not on the thread of the connection that has answered.
                refreshSlots { [self] in queue.async { [self] in send(request, done: done) } }
            } else {
                send(request, done: done)
            }
        }
    }

    /// Says when the server goes away, and when it is back; once each.
    private func note(_ trouble: String?) {
        let before = state.withLock { state in
            let before = state.trouble
            if !state.isClosed { state.trouble = trouble }
            return before
        }
        if let trouble {
            if before == nil { report("\(configuration.name) is away (\(trouble)): what needs it waits") }
        } else if before != nil {
            report("\(configuration.name) is back")
        }
    }

    // MARK: The slots of a cluster

    /// Asks who has which slot; `then` is called when somebody has answered, or nobody.
    private func refreshSlots(_ then: @escaping @Sendable () -> Void) {
        guard isCluster else { return then() }
        let begins = state.withLock { state in
            state.afterRefresh.append(then)
            defer { state.isRefreshing = true }
            return !state.isRefreshing
        }
        if begins { askForSlots(Array(Set(servers + seeds))) }
    }

    private func askForSlots(_ servers: [RedisAddress]) {
        guard let server = servers.first, let connection = connection(to: server, .values(0)) else {
            return endRefresh()
        }
        var commands = RedisCommands()
        commands.add("CLUSTER", RedisWord("SLOTS"))
        connection.send(
            RedisConnection.Message(bytes: commands.bytes, answers: 1, number: nil) { [self] result in
                if case .success(let answer) = result, let slots = RedisSlots(answer.replies[0], asked: server),
                    !slots.nodes.isEmpty
                {
                    state.withLock { $0.slots = slots }
                    endRefresh()
                } else {
                    askForSlots(Array(servers.dropFirst()))
                }
            })
    }

    private func endRefresh() {
        let waiting = state.withLock { state in
            state.isRefreshing = false
            defer { state.afterRefresh = [] }
            return state.afterRefresh
        }
        for then in waiting { then() }
    }
}

extension RedisRouter {
    /// Sends and waits. Not on a thread that tasks run on.
    func wait(for request: RedisRequest) throws(RedisFailure) -> RedisAnswer {
        let box = BoundedQueue<Result<RedisAnswer, RedisFailure>>(limit: 1)
        send(request) { box.put($0) }
        return try box.take()!.get()
    }

    /// Sends and waits.
    func answer(_ request: RedisRequest) async throws(RedisFailure) -> RedisAnswer {
        let result: Result<RedisAnswer, RedisFailure> = await withCheckedContinuation { continuation in
            send(request) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }
}
