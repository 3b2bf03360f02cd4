import Foundation
import Glibc

/// A TCP connection with blocking calls, each of at most some seconds.
final class TestClient {
    struct Answer: Sendable {
        let status: Int
        let headers: [String: String]
        let body: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let socket: Int32
    private let port: UInt16
    private var buffer: [UInt8] = []

    init(port: UInt16) throws {
        self.port = port
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var timeout = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var yes: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "connect: \(String(cString: strerror(errno)))") }
    }

    deinit { Glibc.close(socket) }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Says that nothing more is sent; the other direction stays open.
    func halfClose() { shutdown(socket, Int32(SHUT_WR)) }

    /// More bytes, or nil at the end of the connection.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count >= 0 else { throw Failure(description: "recv: \(String(cString: strerror(errno)))") }
        buffer += chunk[..<count]
        return count > 0
    }

    func read(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try receive() else { throw Failure(description: "the connection ended") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer[..<count])
    }

    /// Text up to and with `end`.
    func read(until end: String) throws -> String {
        let mark = Array(end.utf8)
        while true {
            if let range = buffer.firstRange(of: mark) {
                defer { buffer.removeSubrange(..<range.upperBound) }
                return String(decoding: buffer[..<range.upperBound], as: UTF8.self)
            }
            guard try receive() else {
                throw Failure(description: "the connection ended before \(end.debugDescription)")
            }
        }
    }

    /// Whether the other side has ended the connection, or does within some seconds.
    func isEnded() throws -> Bool {
        while buffer.isEmpty { if try !receive() { return true } }
        return false
    }

    func head(_ method: String, _ target: String, headers: [String: String]) throws {
        var lines = ["\(method) \(target) HTTP/1.1"]
        if headers["Host"] == nil { lines.append("Host: 127.0.0.1:\(port)") }
        for (name, value) in headers where !value.isEmpty { lines.append("\(name): \(value)") }
        try send(lines.joined(separator: "\r\n") + "\r\n\r\n")
    }

    func request(
        _ method: String, _ target: String, headers: [String: String] = [:], body: String = ""
    ) throws -> Answer {
        var headers = headers
        if !body.isEmpty { headers["Content-Length"] = "\(body.utf8.count)" }
        try head(method, target, headers: headers)
        try send(body)
        let (status, fields) = try answerHead()
        let length = fields["content-length"].flatMap(Int.init) ?? 0
        return Answer(status: status, headers: fields, body: String(decoding: try read(length), as: UTF8.self))
    }

    /// The next part of a body that is sent in chunks.
    func chunk() throws -> String {
        let size = Int(try read(until: "\r\n").trimmingCharacters(in: .newlines), radix: 16) ?? 0
        defer { _ = try? read(2) }
        return String(decoding: try read(size), as: UTF8.self)
    }

    func answerHead() throws -> (status: Int, headers: [String: String]) {
        let lines = try read(until: "\r\n\r\n").components(separatedBy: "\r\n")
        let pairs = lines.dropFirst().compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return (status, Dictionary(pairs, uniquingKeysWith: { first, _ in first }))
    }
}
