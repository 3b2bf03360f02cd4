import CCrypto
import FoundationEssentials
import Glibc
import Records

/// The opening of a WebSocket (RFC 6455, section 4): a request, and the answer that it must have.
struct WebSocketHandshake {
    private let key: String
    private let request: String

    /// - Parameter target: path and query.
    init(_ address: HostAddress, target: String, token: String?) {
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        key = Self.base64(nonce)
        var lines = [
            "GET \(address.prefix)\(target) HTTP/1.1", "Host: \(address.authority)", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Key: \(key)", "Sec-WebSocket-Version: 13", "User-Agent: lectern",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        request = lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// Does it within `timeout` milliseconds. Returns what came behind the answer: the first messages.
    func run(on socket: ClientSocket, timeout: Int32) throws(ConnectionFailure) -> [UInt8] {
        let deadline = MonotonicClock.microseconds + Int64(timeout) * 1000
        var rest = Array(request.utf8)[...]
        while !rest.isEmpty {
            try wait(socket, Int16(POLLOUT), deadline)
            rest = rest.dropFirst(try Self.send(rest, on: socket))
        }
        var answer: [UInt8] = []
        while true {
            if let end = Self.end(ofHead: answer) {
                let head = String(decoding: answer[..<end], as: UTF8.self)
                if head.hasPrefix("HTTP/1.1 101 ") {
                    try check(head)
                    return Array(answer[end...])
                }
                throw refusal(head, body: answer[end...] + Self.rest(of: head, answer.count - end, socket, deadline))
            }
            guard answer.count < 1 << 16 else { throw .refused("what answers there is no Lectern host") }
            try wait(socket, Int16(POLLIN), deadline)
            answer += try Self.receive(socket) ?? []
        }
    }

    private func wait(_ socket: ClientSocket, _ events: Int16, _ deadline: Int64) throws(ConnectionFailure) {
        let left = deadline - MonotonicClock.microseconds
        guard left > 0, socket.wait(for: events, timeout: Int32(left / 1000 + 1)) else {
            throw .lost("the host does not answer")
        }
    }

    private func check(_ head: String) throws(ConnectionFailure) {
        let expected = Self.base64(Self.sha1(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
        guard Self.header("sec-websocket-accept", in: head) == expected else {
            throw .refused("what answers there does not speak WebSocket")
        }
    }

    /// What an answer other than 101 means. The host's own words, if it has any.
    private func refusal(_ head: String, body: [UInt8]) -> ConnectionFailure {
        struct Answer: Decodable {
            struct Problem: Decodable { var message: String }
            var error: Problem
        }
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let message = (try? JSONDecoder().decode(Answer.self, from: Data(body)))?.error.message
        let reason = "the host answers \(status)\(message.map { ": \($0)" } ?? "")"
        return status >= 500 ? .lost(reason) : .refused(reason)
    }

    /// The body of an answer, as much of it as comes in time.
    private static func rest(of head: String, _ count: Int, _ socket: ClientSocket, _ deadline: Int64) -> [UInt8] {
        let length = min(header("content-length", in: head).flatMap { Int($0) } ?? 0, 1 << 16)
        var body: [UInt8] = []
        while count + body.count < length, MonotonicClock.microseconds < deadline,
            socket.wait(for: Int16(POLLIN), timeout: 500)
        {
            guard let more = try? receive(socket) else { break }
            body += more
        }
        return body
    }

    private static func send(_ bytes: ArraySlice<UInt8>, on socket: ClientSocket) throws(ConnectionFailure) -> Int {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(ConnectionFailure) in try socket.send(bytes) }
        }
        return try result.get()
    }

    private static func receive(_ socket: ClientSocket) throws(ConnectionFailure) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let result = buffer.withUnsafeMutableBytes { buffer in
            Result { () throws(ConnectionFailure) in try socket.receive(into: buffer).map { Array($0) } }
        }
        return try result.get()
    }

    /// Where the head ends, its empty line included.
    static func end(ofHead bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0...].starts(with: mark) }.map { $0 + 4 }
    }

    static func header(_ name: String, in head: String) -> String? {
        for line in head.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == name else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }

    private static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 20)
        precondition(EVP_Digest(bytes, bytes.count, &hash, nil, EVP_sha1(), nil) == 1)
        return hash
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
