import Glibc
import Records

/// Sends events to a host over several connections, each with an order and a client id of its own, and goes on when the
/// host was away. One thread drives all of it. Not thread-safe.
final class EventPublisher {
    /// Events that went to the dead letters.
    private(set) var rejected = 0
    /// How often a connection was lost.
    private(set) var losses = 0

    private let destination: EventDestination
    private let senders: [EventSender]
    private let rejections: Rejections
    /// How long a host may be away, in microseconds.
    private let patience: Int64
    private let onAcknowledgement: (UInt64) -> Void
    private var total: UInt64 = 0
    private var beforeStart: UInt64 = 0
    private var appended = 0
    private var isStarted = false
    private var isAway = false

    /// How many bytes of one connection are worth a call of the system.
    private static let writeBytes = 32 << 10
    /// After so many events all connections have their turn.
    private static let turn = 512

    /// What the senders report to.
    private final class Rejections {
        var count = 0
        var reasons: Set<String> = []
    }

    /// - Parameters:
    ///   - clients: the id of each connection.
    ///   - patience: how long the host may be away, in seconds.
    ///   - onAcknowledgement: called with the number of all events that have become durable, each time it has grown.
    init(
        _ destination: EventDestination, clients: [String], patience: Int,
        onAcknowledgement: @escaping (UInt64) -> Void = { _ in }
    ) {
        let rejections = Rejections()
        self.destination = destination
        self.rejections = rejections
        self.patience = Int64(patience) * 1_000_000
        self.onAcknowledgement = onAcknowledgement
        senders = clients.map { client in
            EventSender(destination, client: client) { reply in
                guard case .rejected(_, let reason) = reply else { return }
                rejections.count += 1
                // Events of one kind fail for one reason: it is said once.
                guard rejections.reasons.count < 5, rejections.reasons.insert(reason).inserted else { return }
                Terminal.warn("an event of \(client) went to the dead letters: \(reason)")
            }
        }
    }

    /// Events that became durable since `start`.
    var acknowledged: UInt64 { total - beforeStart }

    /// Connects. Returns the number of the last event of each connection that the host has already.
    func start() throws -> [UInt64] {
        let startPatience = min(patience, 5_000_000)
        repeat {
            try step(timeout: 0)
            let lost = senders.compactMap(\.lostFor).max() ?? 0
            if lost > startPatience { throw away() }
            if lost > 0 { usleep(20_000) }
        } while senders.contains { $0.lostFor != nil }
        isStarted = true
        beforeStart = senders.reduce(0) { $0 + $1.acknowledged }
        total = beforeStart
        return senders.map(\.acknowledged)
    }

    /// Sends an event over a connection; waits while too many are on their way.
    func send(_ event: UnsafeRawBufferPointer, over index: Int) throws {
        let sender = senders[index]
        while !sender.hasRoom { try step(timeout: 100) }
        sender.append(event)
        if sender.unwrittenBytes >= Self.writeBytes { try sender.write() }
        appended += 1
        if appended % Self.turn == 0 { try turn() }
    }

    /// Sends what waits and takes what the host has answered, as far as that goes at once.
    func turn() throws { try step(timeout: 0) }

    /// Serves the connections until a moment; microseconds of `MonotonicClock`.
    func wait(until moment: Int64) throws {
        repeat {
            let left = moment - MonotonicClock.microseconds
            try step(timeout: Int32(max(0, min(left / 1000, 1_000))))
        } while MonotonicClock.microseconds < moment
    }

    /// Waits until everything that was sent is durable.
    func flush() throws {
        while senders.contains(where: { !$0.isDone }) { try step(timeout: 100) }
    }

    func close() { for sender in senders { sender.close() } }

    /// Gives every connection a turn, after at most `timeout` milliseconds.
    private func step(timeout: Int32) throws {
        try Interruption.check()
        for sender in senders { try sender.reconnect() }
        var requests: [pollfd] = []
        var open: [EventSender] = []
        for sender in senders {
            guard let request = sender.poll else { continue }
            requests.append(request)
            open.append(sender)
        }
        // A connection that is lost is tried again soon.
        let shortest = open.count < senders.count ? min(timeout, 20) : timeout
        if poll(&requests, nfds_t(requests.count), shortest) > 0 {
            for (request, sender) in zip(requests, open) where request.revents != 0 {
                if request.revents & Int16(POLLOUT) != 0 { try sender.write() }
                if request.revents & ~Int16(POLLOUT) != 0 { try sender.read() }
                if sender.lostFor != nil { losses += 1 }
            }
        } else if timeout > 0 {
            for sender in open { try sender.read() }
        }
        try checkPresence()
        count()
    }

    private func count() {
        rejected = rejections.count
        let sum = senders.reduce(0) { $0 + $1.acknowledged }
        guard sum > total else { return }
        total = sum
        onAcknowledgement(acknowledged)
    }

    /// Says when the host goes away and comes back; throws when it is away for too long.
    private func checkPresence() throws {
        let lost = senders.compactMap(\.lostFor).max() ?? 0
        if lost > patience { throw away() }
        // A short interruption is not worth a word.
        if lost > 1_000_000, isStarted, !isAway {
            isAway = true
            Terminal.note(
                "\(destination.address) is away (\(reason)); trying again for \(patience / 1_000_000) seconds")
        } else if lost == 0, isAway {
            isAway = false
            Terminal.note("\(destination.address) is back")
        }
    }

    private var reason: String { senders.first { $0.lostFor != nil }?.lastLoss ?? "" }

    private func away() -> InputFailure {
        InputFailure("no host at \(destination.address): \(reason). Start one with: lectern serve")
    }
}
