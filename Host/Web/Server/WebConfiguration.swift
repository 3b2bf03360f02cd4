import NIOCore
package import Settings

/// The settings of the web, section `web:`.
package struct WebConfiguration: Sendable {
    /// Who may see and do things.
    package enum Authentication: String, Sendable, CaseIterable {
        /// Everyone who reaches the host may look and publish; operators still need their token.
        case none
        /// Every request needs a token of the right role.
        case tokens
    }

    package var listen = ListenAddress.loopback
    package var authentication = Authentication.none
    /// The file of tokens; empty: `tokens` in the data folder.
    package var tokens = ""
    /// Names under which browsers reach this host, besides `localhost` and plain addresses.
    package var hosts: [String] = []
    /// The proxies in front of this host, whose word counts for who sent a request.
    package var proxies = ProxyList.none
    /// The folder of the web's assets; empty: found from where the executable lies.
    package var assets = ""

    /// Threads that serve connections: half of the processors, since shards and the log need the others.
    package var threads = max(1, System.coreCount / 2)
    /// Open connections, of every kind.
    package var connections = 16_384
    /// How long a connection may do nothing: between requests, before its first one, and twice before a WebSocket that
    /// does not answer is closed.
    package var idle: Duration = .seconds(60)
    /// How long the host reports that it is not ready before it stops accepting connections.
    package var drain: Duration = .zero
    /// How long open requests and WebSockets have to end after that.
    package var grace: Duration = .seconds(5)
    /// Dashboards that are kept computed, one for each choice of its filters.
    package var views = 256
    /// Streams of dashboards.
    package var streams = 1024
    /// How often a stream says that it lives.
    package var beat: Duration = .seconds(5)

    package init() {}

    /// Reads the section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        let text = reader.string("listen", default: "\(listen)")
        if let address = ListenAddress(text) {
            listen = address
        } else {
            reader.problem("listen", found: "\"\(text)\"", expected: "HOST:PORT, such as 127.0.0.1:3001 or [::1]:3001")
        }
        authentication = reader.choice("authentication", default: authentication)
        tokens = reader.string("tokens", default: tokens)
        hosts = reader.strings("hosts", default: hosts)
        let header = reader.choice("forwarded", default: ProxyList.Header.xForwardedFor)
        var wrong = ""
        if let list = ProxyList(reader.strings("proxies", default: []), header: header, wrong: &wrong) {
            proxies = list
        } else {
            reader.problem("proxies", found: "\"\(wrong)\"", expected: "addresses or networks, such as 10.0.0.0/8")
        }
        assets = reader.string("assets", default: assets)
        threads = reader.integer("threads", default: threads, in: 1...256)
        idle = reader.duration("idle", default: idle, in: .seconds(1) ... .seconds(3600))
        drain = reader.duration("drain", default: drain, in: .zero ... .seconds(300))
        grace = reader.duration("grace", default: grace, in: .milliseconds(100) ... .seconds(300))
        let limits = reader.section("limits")
        connections = limits.integer("connections", default: connections, in: 16...1_000_000)
        views = limits.integer("views", default: views, in: 1...10_000)
        streams = limits.integer("streams", default: streams, in: 1...100_000)
        beat = reader.duration("beat", default: beat, in: .seconds(1) ... .seconds(60))
        if !listen.isLoopback, authentication == .none {
            reader.problem(
                "listen", found: "\(listen), which other machines can reach, without authentication",
                expected: "a loopback address, or web.authentication: tokens",
                remedy: "Set `web.authentication: tokens`; the first start writes the tokens into the data folder")
        }
    }
}
