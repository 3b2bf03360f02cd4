import ArgumentParser
import Glibc

/// Where a running host is reached, from a URL such as `http://127.0.0.1:3001` or `ws://[::1]:3001/prefix`.
struct HostAddress: Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    let host: String
    let port: UInt16
    /// What the host's paths begin with; empty, or it begins with a slash and does not end with one.
    let prefix: String

    /// - Throws: `ValidationError`, which says what is expected.
    init(url: String) throws {
        let parts = url.split(separator: "://", maxSplits: 1).map(String.init)
        guard parts.count == 2, ["http", "ws"].contains(parts[0].lowercased()) else {
            let isEncrypted = url.lowercased().hasPrefix("https://") || url.lowercased().hasPrefix("wss://")
            let reason = isEncrypted ? "TLS is not spoken here; use an address behind the proxy that ends it" : ""
            throw Self.mistake(url, reason)
        }
        let slash = parts[1].firstIndex(of: "/") ?? parts[1].endIndex
        var path = String(parts[1][slash...])
        while path.hasSuffix("/") { path.removeLast() }
        guard !path.contains(where: { $0 == " " || $0 == "?" || $0 == "#" }) else { throw Self.mistake(url, "") }
        prefix = path

        var name = String(parts[1][..<slash])
        var number = "80"
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") {
            number = String(name[name.index(after: colon)...])
            name = String(name[..<colon])
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        guard let port = UInt16(number), port > 0, !name.isEmpty, !name.contains("@") else {
            throw Self.mistake(url, "")
        }
        host = name
        self.port = port
    }

    /// `HOST:PORT`, as a request's header names it.
    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    var description: String { "http://\(authority)\(prefix)" }

    private static func mistake(_ url: String, _ reason: String) -> ValidationError {
        ValidationError(
            "“\(url)”: expected an address such as http://127.0.0.1:3001\(reason.isEmpty ? "" : "; \(reason)")")
    }
}

/// Why a connection can't be had, or has ended.
enum ConnectionFailure: Error {
    /// It may be there again in a moment.
    case lost(String)
    /// The host does not want it; trying again is of no use.
    case refused(String)

    var reason: String {
        switch self {
        case .lost(let reason), .refused(let reason): reason
        }
    }
}
