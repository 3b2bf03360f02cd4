import Glibc
import Ingest

/// The proxies in front of this host. What they say of who sent a request counts; what anybody else says of it does not.
package struct ProxyList: Sendable {
    /// The header in which they say it. It has to be one that they all set: others pass through them as clients send them.
    package enum Header: String, Sendable, CaseIterable {
        case xForwardedFor = "x-forwarded-for"
        case forwarded
        case xRealIP = "x-real-ip"
    }

    private struct Network: Sendable {
        let address: [UInt8]
        let bits: Int

        /// An address, or the beginning of one and how many bits of it count, `10.0.0.0/8`.
        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard let address = ProxyList.address(parts[0]), parts.count <= 2 else { return nil }
            guard let bits = parts.count == 2 ? Int(parts[1]) : address.count * 8, 0...address.count * 8 ~= bits else {
                return nil
            }
            self.address = address
            self.bits = bits
        }

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == address.count else { return false }
            let whole = bits / 8
            guard address[..<whole] == other[..<whole] else { return false }
            let rest = bits % 8
            return rest == 0 || (address[whole] ^ other[whole]) >> (8 - UInt8(rest)) == 0
        }
    }

    private let networks: [Network]
    private let header: Header

    /// Nobody.
    package static let none = ProxyList(networks: [], header: .xForwardedFor)

    private init(networks: [Network], header: Header) {
        self.networks = networks
        self.header = header
    }

    /// Nil if a text is no address or network, which is `wrong` then.
    package init?(_ texts: [String], header: Header, wrong: inout String) {
        var networks: [Network] = []
        for text in texts {
            guard let network = Network(text) else {
                wrong = text
                return nil
            }
            networks.append(network)
        }
        self.init(networks: networks, header: header)
    }

    package var isEmpty: Bool { networks.isEmpty }

    /// The other end of a connection, as a request shows it.
    struct Sender {
        let ip: String
        /// A header says that there is a proxy, whether it counts or not.
        let isForwarded: Bool
        /// The request came from a proxy of the list.
        let isByProxy: Bool
    }

    /// - Parameters:
    ///   - remote: the address at the other end of the connection.
    ///   - values: of the headers of a name, in order.
    func sender(remote: String, _ values: (String) -> [String]) -> Sender {
        let isForwarded = Header.allCases.contains { !values($0.rawValue).isEmpty }
        guard let address = Self.address(remote[...]), isProxy(address) else {
            return Sender(ip: remote, isForwarded: isForwarded, isByProxy: false)
        }
        // Each proxy adds at the end whom it was sent by: up to the first that is none of ours, all is known.
        var ip = remote
        for hop in hops(values(header.rawValue)).reversed() {
            guard let address = Self.address(hop[...]) else { break }
            ip = hop
            if !isProxy(address) { break }
        }
        return Sender(ip: ip, isForwarded: isForwarded, isByProxy: true)
    }

    private func isProxy(_ address: [UInt8]) -> Bool { networks.contains { $0.contains(address) } }

    private func hops(_ values: [String]) -> [String] {
        let elements = values.flatMap { $0.split(separator: ",") }.map { Self.trimmed($0) }
        guard header == .forwarded else { return elements.map(Self.withoutPort) }
        // RFC 7239: `for="[2001:db8::1]:4711";proto=https`.
        return elements.map { element in
            let pair = element.split(separator: ";").map { Self.trimmed($0) }.first {
                $0.lowercased().hasPrefix("for=")
            }
            return Self.withoutPort(pair.map { $0.dropFirst(4).filter { $0 != "\"" } } ?? "")
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }

    private static func withoutPort(_ text: String) -> String {
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            return String(text[text.index(after: text.startIndex)..<end])
        }
        return text.filter { $0 == ":" }.count == 1 ? String(text.prefix { $0 != ":" }) : text
    }

    /// Four or sixteen bytes; an IPv4 address within IPv6 is the IPv4 address.
    private static func address(_ text: Substring) -> [UInt8]? {
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xff && bytes[11] == 0xff
        return isMapped ? Array(bytes[12...]) : bytes
    }
}
