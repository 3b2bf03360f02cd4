import Glibc
import Records

/// An open WebSocket to a host, on a socket that never blocks. Not thread-safe.
final class WebSocketClient {
    let socket: ClientSocket
    private var messages = WebSocketMessages()
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// Pongs and a close that have to be sent, between two messages.
    private var controls = Bytes()
    private var controlsSent = 0
    private var masks = MaskKeys()
    /// When something came last; microseconds of `MonotonicClock`.
    private(set) var heard = MonotonicClock.microseconds

    /// Connects and does the handshake, within `timeout` milliseconds each.
    ///
    /// - Parameter target: path and query.
    init(_ address: HostAddress, target: String, token: String?, timeout: Int32) throws(ConnectionFailure) {
        socket = try ClientSocket.connect(to: address, timeout: timeout)
        let first = try WebSocketHandshake(address, target: target, token: token).run(on: socket, timeout: timeout)
        first.withUnsafeBytes { messages.add($0) }
    }

    deinit { buffer.deallocate() }

    /// The next message of text that has arrived, or nil if there is none now. Pings are answered.
    ///
    /// - Throws: also if the host closes the connection; `refused` if it does so because of what was sent.
    func receive() throws(ConnectionFailure) -> [UInt8]? {
        while true {
            while let message = try messages.next() {
                switch message {
                case .text(let text): return text
                case .ping(let payload): payload.withUnsafeBytes { control(.pong, $0) }
                case .close(let code, let reason): throw Self.failure(code, reason)
                }
            }
            guard let bytes = try socket.receive(into: buffer) else { return nil }
            heard = MonotonicClock.microseconds
            messages.add(bytes)
        }
    }

    var hasControls: Bool { controls.count > 0 }

    /// Sends pongs. To be called between two messages only; false if not all of them went.
    func sendControls() throws(ConnectionFailure) -> Bool {
        controlsSent += try socket.send(UnsafeRawBufferPointer(rebasing: controls.contents[controlsSent...]))
        guard controlsSent == controls.count else { return false }
        controls.truncate()
        controlsSent = 0
        return true
    }

    /// Says good-bye. To be called between two messages only; nothing follows.
    func close() {
        withUnsafeBytes(of: UInt16(1000).bigEndian) { control(.close, $0) }
        _ = try? sendControls()
    }

    private func control(_ opcode: WebSocketFrame.Opcode, _ payload: UnsafeRawBufferPointer) {
        WebSocketFrame.append(opcode, payload, key: masks.next(), to: &controls)
    }

    /// What the codes of a close frame mean for what was sent (RFC 6455, section 7.4.1).
    private static func failure(_ code: UInt16, _ reason: String) -> ConnectionFailure {
        let text = "the host closed the connection with \(code)\(reason.isEmpty ? "" : ": \(reason)")"
        return [1002, 1003, 1007, 1008, 1009, 1010].contains(code) ? .refused(text) : .lost(text)
    }
}

/// Mask keys: a new one for each frame, which nobody can foresee.
struct MaskKeys {
    private var state = UInt64.random(in: .min ... .max)

    mutating func next() -> UInt32 {
        state = SplitMix.next(state)
        return UInt32(truncatingIfNeeded: SplitMix.mix(state) >> 32)
    }
}
