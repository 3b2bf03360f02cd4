import Foundation
import Glibc

/// A WebSocket with blocking calls. Reads of the network wait some seconds at most.
final class WebSocketClient {
    enum Message: Equatable {
        case text(String)
        /// The code, and then the connection's end.
        case close(Int)
    }

    private let socket: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    init(port: UInt16, path: String) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var timeout = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw Failure("connect: \(String(cString: strerror(errno)))") }
        try write(
            Array(
                """
                GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
                """.utf8))
        var head = ""
        while !head.hasSuffix("\r\n\r\n") { head.unicodeScalars.append(Unicode.Scalar(try read(1)[0])) }
        guard head.hasPrefix("HTTP/1.1 101 ") else { throw Failure("no WebSocket: \(head)") }
    }

    deinit { close(socket) }

    /// Sends texts with as few calls as possible.
    func send(_ texts: [String]) throws {
        var bytes: [UInt8] = []
        for text in texts { Self.append(1, Array(text.utf8), to: &bytes) }
        try write(bytes)
    }

    func send(_ text: String) throws { try send([text]) }

    func send(binary: [UInt8]) throws {
        var bytes: [UInt8] = []
        Self.append(2, binary, to: &bytes)
        try write(bytes)
    }

    /// Says goodbye.
    func sendClose() throws {
        var bytes: [UInt8] = []
        Self.append(8, [0x03, 0xe8], to: &bytes)
        try write(bytes)
    }

    /// The next message; pings are passed over.
    func receive() throws -> Message {
        while true {
            let head = try read(2)
            var length = Int(head[1] & 0x7f)
            if length >= 126 { length = try read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
            let payload = try read(length)
            switch head[0] & 15 {
            case 1: return .text(String(decoding: payload, as: UTF8.self))
            case 8: return .close(payload.count < 2 ? 1005 : Int(payload[0]) << 8 | Int(payload[1]))
            default: continue
            }
        }
    }

    /// Waits until the host has acknowledged all numbers up to this one.
    func waitForAcknowledgement(of number: Int) throws {
        while true {
            guard case .text(let text) = try receive() else {
                throw Failure("closed before \(number) was acknowledged")
            }
            let reply = try JSONRow.object(text)
            if reply["status"] as? String == "ack", let acknowledged = reply["seq"] as? Int, acknowledged >= number {
                return
            }
            if reply["status"] as? String == "error" { throw Failure(text) }
        }
    }

    private static func append(_ opcode: UInt8, _ payload: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(0x80 | opcode)
        switch payload.count {
        case ...125: bytes.append(0x80 | UInt8(payload.count))
        case ...65_535: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 255)) }
        }
        let mask: [UInt8] = [0x5a, 0x13, 0xc4, 0x7e]
        bytes += mask
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index & 3]) }
    }

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    private func read(_ count: Int) throws -> [UInt8] {
        while buffer.count - start < count {
            if start > 0 { buffer.removeFirst(start) }
            start = 0
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let got = recv(socket, &chunk, chunk.count, 0)
            guard got > 0 else {
                throw Failure(got == 0 ? "the connection ended" : "recv: \(String(cString: strerror(errno)))")
            }
            buffer += chunk[..<got]
        }
        defer { start += count }
        return Array(buffer[start..<start + count])
    }
}

extension WebSocketClient {
    /// The next message that is no acknowledgement.
    func receiveBesidesAcknowledgements() throws -> Message {
        while true {
            let message = try receive()
            if case .text(let text) = message, text.hasPrefix(#"{"status":"ack""#) { continue }
            return message
        }
    }
}
