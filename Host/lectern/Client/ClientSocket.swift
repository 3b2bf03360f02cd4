import Glibc

/// A TCP connection that never blocks; what has to wait, waits with `poll`. Not thread-safe.
final class ClientSocket {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { Glibc.close(descriptor) }

    /// Connects to the first of the host's addresses that answers, each within `timeout` milliseconds.
    static func connect(to address: HostAddress, timeout: Int32) throws(ConnectionFailure) -> ClientSocket {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(address.host, String(address.port), &hints, &list)
        guard status == 0 else { throw .lost("\(address.host): \(String(cString: gai_strerror(status)))") }
        defer { freeaddrinfo(list) }
        var reason = "no address"
        var next = list
        while let candidate = next {
            let flags = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            let socket = ClientSocket(Glibc.socket(candidate.pointee.ai_family, flags, 0))
            if socket.descriptor >= 0, socket.connect(candidate.pointee, timeout) { return socket }
            reason = String(cString: strerror(errno))
            next = candidate.pointee.ai_next
        }
        throw .lost(reason)
    }

    /// False, and `errno`, if it does not work.
    private func connect(_ candidate: addrinfo, _ timeout: Int32) -> Bool {
        // What is sent is collected here, so nothing is gained by the system's waiting for more.
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        if Glibc.connect(descriptor, candidate.ai_addr, candidate.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        guard wait(for: Int16(POLLOUT), timeout: timeout) else {
            errno = ETIMEDOUT
            return false
        }
        var problem: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &problem, &size)
        errno = problem
        return problem == 0
    }

    /// Waits until the socket can be read or written, as asked; false after `timeout` milliseconds, or a signal.
    func wait(for events: Int16, timeout: Int32) -> Bool {
        var request = pollfd(fd: descriptor, events: events, revents: 0)
        return poll(&request, 1, timeout) == 1
    }

    /// Sends what the system takes at once and returns how much that was.
    func send(_ bytes: UnsafeRawBufferPointer) throws(ConnectionFailure) -> Int {
        let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw .lost(String(cString: strerror(errno))) }
        return 0
    }

    /// Reads what has arrived; nil if there is nothing now.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(ConnectionFailure) -> UnsafeRawBufferPointer? {
        let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        if count == 0 { throw .lost("the host closed the connection") }
        if count > 0 { return UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
        guard errno == EAGAIN || errno == EINTR else { throw .lost(String(cString: strerror(errno))) }
        return nil
    }
}
