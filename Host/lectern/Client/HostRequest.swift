import Glibc
import Records

/// One request to a running host, and its answer (HTTP/1.1, a connection of its own).
struct HostRequest {
    private let address: HostAddress
    private let lines: [String]
    private let body: [UInt8]

    init(
        _ method: String, _ address: HostAddress, path: String, token: String?, body: [UInt8] = [], type: String? = nil
    ) {
        self.address = address
        self.body = body
        var lines = [
            "\(method) \(address.prefix)\(path) HTTP/1.1", "Host: \(address.authority)", "Connection: close",
            "User-Agent: lectern", "Content-Length: \(body.count)",
        ]
        if let type { lines.append("Content-Type: \(type)") }
        if let token { lines.append("Authorization: Bearer \(token)") }
        self.lines = lines
    }

    /// Sends it and waits for the whole answer, at most `seconds`.
    func run(seconds: Int) throws(ConnectionFailure) -> (status: Int, body: String) {
        let socket = try ClientSocket.connect(to: address, timeout: 5000)
        let deadline = MonotonicClock.microseconds + Int64(seconds) * 1_000_000
        var rest = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)[...] + body
        while !rest.isEmpty {
            try wait(socket, Int16(POLLOUT), deadline)
            let sent = try rest.withUnsafeBytes { bytes in
                Result { () throws(ConnectionFailure) in try socket.send(bytes) }
            }
            .get()
            rest = rest.dropFirst(sent)
        }
        var answer: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            if let whole = Self.parse(answer) { return whole }
            guard answer.count < 16 << 20 else { throw .refused("what answers there is no Lectern host") }
            try wait(socket, Int16(POLLIN), deadline)
            if let bytes = try socket.receive(into: buffer) { answer += bytes }
        }
    }

    private func wait(_ socket: ClientSocket, _ events: Int16, _ deadline: Int64) throws(ConnectionFailure) {
        let left = deadline - MonotonicClock.microseconds
        guard left > 0, socket.wait(for: events, timeout: Int32(clamping: left / 1000 + 1)) else {
            throw .lost("the host does not answer")
        }
    }

    /// Nil while something is missing. The host says how long its answers are.
    private static func parse(_ answer: [UInt8]) -> (status: Int, body: String)? {
        guard let end = WebSocketHandshake.end(ofHead: answer) else { return nil }
        let head = String(decoding: answer[..<end], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let length = WebSocketHandshake.header("content-length", in: head).flatMap { Int($0) } ?? 0
        let body = answer[end...]
        return body.count >= length ? (status, String(decoding: body, as: UTF8.self)) : nil
    }
}
