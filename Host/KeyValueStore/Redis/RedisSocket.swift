import COpenSSL
import Glibc
import Records

/// A stream of bytes to a server: TCP or a unix socket, plain or TLS. Not thread-safe: its connection's thread.
final class RedisSocket {
    let descriptor: Int32
    private let tls: OpaquePointer?

    /// Connects. Blocks for as long as `timeout`, and for as long as looking the name up takes.
    init(_ address: RedisAddress, tls client: TLSClient?, timeout: Duration) throws(RedisFailure) {
        let deadline = MonotonicClock.microseconds + timeout.microseconds
        descriptor = try Self.connect(address, until: deadline)
        guard let client, case .tcp(let host, _) = address else {
            tls = nil
            return
        }
        do {
            tls = try client.connection(descriptor, host: host)
        } catch {
            close(descriptor)
            throw error
        }
        try handshake(until: deadline)
    }

    deinit {
        if let tls { SSL_free(tls) }
        close(descriptor)
    }

    /// Bytes that were read; nil: none are there yet. Throws `lost` if the stream has ended.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(RedisFailure) -> Int? {
        let count: Int
        if let tls {
            ERR_clear_error()
            count = Int(SSL_read(tls, buffer.baseAddress, Int32(buffer.count)))
            if count <= 0 {
                let error = SSL_get_error(tls, Int32(count))
                if error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE { return nil }
            }
        } else {
            count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return nil }
        }
        if count == 0 { throw .lost(reason: "the server has closed the connection") }
        if count < 0 { throw .lost(reason: Self.reason) }
        return count
    }

    /// How many of the bytes were written; 0: none can be at present.
    ///
    /// - Parameter isFollowed: there are more to write, so that what fills no packet may wait for them.
    func write(_ bytes: UnsafeRawBufferPointer, isFollowed: Bool) throws(RedisFailure) -> Int {
        let count: Int
        if let tls {
            ERR_clear_error()
            count = Int(SSL_write(tls, bytes.baseAddress, Int32(min(bytes.count, 1 << 20))))
            if count <= 0 {
                let error = SSL_get_error(tls, Int32(count))
                if error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE { return 0 }
            }
        } else {
            let more = isFollowed ? Int32(MSG_MORE) : 0
            count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | more)
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return 0 }
        }
        if count <= 0 { throw .lost(reason: Self.reason) }
        return count
    }

    private func handshake(until deadline: Int64) throws(RedisFailure) {
        while true {
            ERR_clear_error()
            let result = SSL_connect(tls)
            if result == 1 { return }
            let events: Int32
            switch SSL_get_error(tls, result) {
            case SSL_ERROR_WANT_READ: events = POLLIN
            case SSL_ERROR_WANT_WRITE: events = POLLOUT
            case SSL_ERROR_SYSCALL, SSL_ERROR_ZERO_RETURN:
                throw .unreachable(reason: "the server has ended the TLS handshake", again: .zero)
            default: throw TLSClient.failure("the TLS handshake failed", connection: tls)
            }
            guard Self.wait(descriptor, events, until: deadline) else {
                throw .unreachable(reason: "no answer to the TLS handshake in time", again: .zero)
            }
        }
    }

    // MARK: Connecting

    private static func connect(_ address: RedisAddress, until deadline: Int64) throws(RedisFailure) -> Int32 {
        switch address {
        case .socket(let path):
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            let capacity = MemoryLayout.size(ofValue: name.sun_path)
            guard path.utf8.count < capacity else {
                throw .refused(reason: "the path of a unix socket has at most \(capacity - 1) bytes")
            }
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            return try withUnsafePointer(to: &name) { name throws(RedisFailure) in
                let length = socklen_t(MemoryLayout<sockaddr_un>.size)
                return try name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name throws(RedisFailure) in
                    try connect(AF_UNIX, name, length, until: deadline)
                }
            }
        case .tcp(let host, let port):
            var hints = addrinfo()
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var found: UnsafeMutablePointer<addrinfo>?
            let result = getaddrinfo(host, String(port), &hints, &found)
            defer { if let found { freeaddrinfo(found) } }
            guard result == 0 else {
                throw .unreachable(reason: "\(host): \(String(cString: gai_strerror(result)))", again: .zero)
            }
            var failure = RedisFailure.unreachable(reason: "\(host) has no address", again: .zero)
            var next = found
            while let info = next?.pointee {
                do {
                    return try connect(info.ai_family, info.ai_addr, info.ai_addrlen, until: deadline)
                } catch {
                    failure = error
                }
                next = info.ai_next
            }
            throw failure
        }
    }

    private static func connect(
        _ family: Int32, _ name: UnsafePointer<sockaddr>, _ length: socklen_t, until deadline: Int64
    ) throws(RedisFailure) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .unreachable(reason: reason, again: .zero) }
        var isConnected = false
        defer { if !isConnected { close(descriptor) } }
        if family != AF_UNIX {
            var yes: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
            setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, size)
        }
        if Glibc.connect(descriptor, name, length) != 0 {
            guard errno == EINPROGRESS else { throw .unreachable(reason: reason, again: .zero) }
            guard wait(descriptor, POLLOUT, until: deadline) else {
                throw .unreachable(reason: "no answer in time", again: .zero)
            }
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { throw .unreachable(reason: String(cString: strerror(error)), again: .zero) }
        }
        isConnected = true
        return descriptor
    }

    private static func wait(_ descriptor: Int32, _ events: Int32, until deadline: Int64) -> Bool {
        while true {
            let left = max(0, (deadline - MonotonicClock.microseconds) / 1000)
            var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
            let result = poll(&entry, 1, Int32(clamping: left))
            if result < 0 && errno == EINTR { continue }
            return result > 0
        }
    }

    /// Of the last call.
    private static var reason: String {
        errno == 0 ? "the connection has ended" : String(cString: strerror(errno))
    }
}

extension Duration {
    /// Whole ones; what is longer than a hundred years is cut.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(seconds, 3_200_000_000) * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
