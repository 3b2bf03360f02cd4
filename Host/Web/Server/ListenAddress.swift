/// Where the host listens: `127.0.0.1:3001`, `[::1]:3001`, `localhost:0`.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package var host: String
    /// 0: one that is free.
    package var port: Int

    package static let loopback = ListenAddress(host: "127.0.0.1", port: 3001)

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// nil if the text is no `HOST:PORT`.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: host, port: Int(port))
    }

    package var isLoopback: Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && HostGuard.isAddress(host))
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
