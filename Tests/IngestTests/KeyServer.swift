import Foundation
import Glibc
import Synchronization

/// An HTTP server on a free port of this machine that gives one document, for the time of a test.
final class KeyServer: Sendable {
    struct Answer {
        var status = 200
        var body = ""
    }

    let port: UInt16
    private let socket: Int32
    private let answer: Mutex<Answer>
    private let count = Atomic<Int>(0)

    /// Requests so far.
    var requests: Int { count.load(ordering: .sequentiallyConsistent) }

    init(_ body: String) throws {
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
        guard isBound else { throw CocoaError(.featureUnsupported) }
        self.socket = socket
        port = UInt16(bigEndian: address.sin_port)
        answer = Mutex(Answer(body: body))
        Thread { self.serve() }.start()
    }

    func give(_ body: String, status: Int = 200) { answer.withLock { $0 = Answer(status: status, body: body) } }

    func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    private func serve() {
        while case let client = accept(socket, nil, nil), client >= 0 {
            var request = ""
            var byte: UInt8 = 0
            while !request.hasSuffix("\r\n\r\n"), recv(client, &byte, 1, 0) == 1 {
                request.unicodeScalars.append(Unicode.Scalar(byte))
            }
            count.add(1, ordering: .sequentiallyConsistent)
            let answer = answer.withLock { $0 }
            let text = """
                HTTP/1.1 \(answer.status) X\r\nContent-Length: \(answer.body.utf8.count)\r\nConnection: close\r\n\r\n\(answer.body)
                """
            _ = Array(text.utf8).withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            close(client)
        }
        close(socket)
    }
}
