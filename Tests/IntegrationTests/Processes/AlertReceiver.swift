import Foundation
import Glibc
import Synchronization

/// An HTTP server on a free port of this machine that takes what is posted to it, for the time of a test.
final class AlertReceiver: Sendable {
    struct Message: Sendable {
        let head: String
        let body: String

        func object() throws -> [String: Any] { try JSONRow.object(body) }
    }

    private struct State {
        var status = 200
        var taken: [Message] = []
        var refused: [Message] = []
    }

    let port: UInt16
    private let socket: Int32
    private let state = Mutex(State())

    /// What it has answered with 200, and with anything else.
    var taken: [Message] { state.withLock { $0.taken } }
    var refused: [Message] { state.withLock { $0.refused } }

    init(status: Int = 200) throws {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
            }
        }
        guard isBound else { throw Failure("no port for a receiver") }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
        answer(status)
        Thread { self.serve() }.start()
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    func answer(_ status: Int) { state.withLock { $0.status = status } }

    func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    private func serve() {
        while case let client = accept(socket, nil, nil), client >= 0 {
            if let message = Self.read(client) {
                let status = state.withLock { state in
                    if state.status == 200 { state.taken.append(message) } else { state.refused.append(message) }
                    return state.status
                }
                let text = "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                _ = Array(text.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
            close(client)
        }
        close(socket)
    }

    private static func read(_ client: Int32) -> Message? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let length = head.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
                let body = text[end.upperBound...]
                if body.utf8.count >= length { return Message(head: head, body: String(body)) }
            }
            let count = recv(client, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            bytes += buffer[..<count]
        }
    }
}
