import FoundationEssentials
import Glibc
import Records

/// The events of one client on their way to a host, over one WebSocket at a time (`?ack=1&client=ID&seq=N`).
///
/// What the host has not acknowledged is kept and sent again when the connection was lost; since frames are numbered, the
/// host stores each once. Not thread-safe.
final class EventSender {
    private enum State {
        case open(WebSocketClient)
        /// Since when, and when to try again; microseconds of `MonotonicClock`.
        case lost(since: Int64, next: Int64, pause: Int64)
    }

    let client: String
    /// All events up to this number are durable.
    private(set) var acknowledged: UInt64 = 0
    /// Why the connection was lost last.
    private(set) var lastLoss = ""
    private let destination: EventDestination
    private let report: (HostReply) -> Void
    private var frames = UnacknowledgedFrames()
    private var state: State
    /// When the oldest frame here began to wait; microseconds of `MonotonicClock`.
    private var waiting: Int64 = 0

    private static let connectTimeout: Int32 = 5_000
    private static let shortestPause: Int64 = 50_000
    private static let longestPause: Int64 = 2_000_000
    /// A host that owes acknowledgements and says nothing for so long is gone.
    private static let silence: Int64 = 30_000_000

    /// - Parameter report: takes what the host says besides acknowledgements.
    init(_ destination: EventDestination, client: String, report: @escaping (HostReply) -> Void) {
        self.destination = destination
        self.client = client
        self.report = report
        let now = MonotonicClock.microseconds
        state = .lost(since: now, next: now, pause: Self.shortestPause)
    }

    /// How long the connection has been lost; nil while it is open.
    var lostFor: Int64? {
        if case .lost(let since, _, _) = state { MonotonicClock.microseconds - since } else { nil }
    }

    var hasRoom: Bool { frames.count < destination.window && frames.byteCount < destination.windowBytes }

    var isDone: Bool { frames.count == 0 }

    var unwrittenBytes: Int { frames.unwritten.count }

    /// Adds the next event. Nothing is sent before `write`.
    func append(_ event: UnsafeRawBufferPointer) {
        if frames.count == 0 { waiting = MonotonicClock.microseconds }
        frames.append(event)
    }

    /// What to poll for, if the connection is open.
    var poll: pollfd? {
        guard case .open(let socket) = state else { return nil }
        let isSending = unwrittenBytes > 0 || socket.hasControls
        return pollfd(fd: socket.socket.descriptor, events: Int16(isSending ? POLLIN | POLLOUT : POLLIN), revents: 0)
    }

    /// Connects again, if it is time to.
    ///
    /// - Throws: `InputFailure` if the host will not have it.
    func reconnect() throws(InputFailure) {
        guard case .lost(let since, let next, let pause) = state, next <= MonotonicClock.microseconds else { return }
        do throws(ConnectionFailure) {
            state = .open(try connect())
            waiting = MonotonicClock.microseconds
        } catch .refused(let reason) {
            throw InputFailure("\(destination.address): \(reason)")
        } catch {
            lastLoss = error.reason
            // A part of the pause is by chance, so that many clients don't come back at once.
            let later = MonotonicClock.microseconds + pause / 2 + Int64.random(in: 0...pause / 2)
            state = .lost(since: since, next: later, pause: min(pause * 2, Self.longestPause))
        }
    }

    /// Writes what the socket takes.
    func write() throws(InputFailure) {
        try whileOpen { (socket) throws(ConnectionFailure) in
            if socket.hasControls, frames.isBetweenFrames { guard try socket.sendControls() else { return } }
            guard !frames.unwritten.isEmpty else { return }
            let count = try socket.socket.send(frames.unwritten)
            frames.didWrite(count)
        }
    }

    /// Takes what the host says.
    func read() throws(InputFailure) {
        try whileOpen { (socket) throws(ConnectionFailure) in
            while let text = try socket.receive() { take(HostReply(text)) }
            let quiet = MonotonicClock.microseconds - max(socket.heard, waiting)
            if !isDone && quiet > Self.silence { throw .lost("the host has said nothing for 30 seconds") }
        }
    }

    func close() {
        if case .open(let socket) = state, frames.isBetweenFrames { socket.close() }
    }

    private func whileOpen(_ body: (WebSocketClient) throws(ConnectionFailure) -> Void) throws(InputFailure) {
        guard case .open(let socket) = state else { return }
        do throws(ConnectionFailure) {
            try body(socket)
        } catch .refused(let reason) {
            throw InputFailure("\(destination.address): \(reason)")
        } catch {
            lastLoss = error.reason
            let now = MonotonicClock.microseconds
            state = .lost(since: now, next: now + Self.shortestPause, pause: Self.shortestPause * 2)
        }
    }

    /// Opens a connection on which the next frame is the first that is kept here, and waits until the host has said what
    /// it has. If it has more than is here, and nothing is, the sender begins behind that.
    private func connect() throws(ConnectionFailure) -> WebSocketClient {
        while true {
            frames.rewind()
            let target = destination.target(client: client, firstNumber: frames.firstNumber)
            let socket = try WebSocketClient(
                destination.address, target: target, token: destination.token, timeout: Self.connectTimeout)
            let durable = try greeting(socket)
            acknowledged = max(acknowledged, durable)
            guard frames.count == 0, durable >= frames.firstNumber else {
                frames.acknowledge(through: durable)
                return socket
            }
            frames.skip(through: durable)
            socket.close()
        }
    }

    private func greeting(_ socket: WebSocketClient) throws(ConnectionFailure) -> UInt64 {
        let deadline = MonotonicClock.microseconds + Int64(Self.connectTimeout) * 1000
        while MonotonicClock.microseconds < deadline {
            while let text = try socket.receive() {
                let reply = HostReply(text)
                if case .acknowledged(let number) = reply { return number }
                report(reply)
            }
            _ = socket.socket.wait(for: Int16(POLLIN), timeout: 100)
        }
        throw .lost("the host does not say what it has")
    }

    private func take(_ reply: HostReply) {
        guard case .acknowledged(let number) = reply else { return report(reply) }
        acknowledged = max(acknowledged, number)
        frames.acknowledge(through: number)
        waiting = MonotonicClock.microseconds
    }
}

/// What a host says on an ingest connection.
enum HostReply {
    /// All events up to this number are durable.
    case acknowledged(UInt64)
    /// An event went to the dead letters.
    case rejected(number: UInt64?, reason: String)
    /// Anything else: who the connection is.
    case other

    init(_ text: [UInt8]) {
        struct Message: Decodable {
            var status: String?
            var seq: UInt64?
            var reason: String?
        }
        let message = try? JSONDecoder().decode(Message.self, from: Data(text))
        switch (message?.status, message?.seq) {
        case ("ack", let number?): self = .acknowledged(number)
        case ("error", let number): self = .rejected(number: number, reason: message?.reason ?? "no reason is given")
        default: self = .other
        }
    }
}
