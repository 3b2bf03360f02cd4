import Records
package import Settings

/// The settings of ingest, section `ingest:`. All bounds are inclusive.
package struct IngestConfiguration: Sendable {
    /// Whose events may name their actor themselves.
    package enum Trust: String, Sendable, CaseIterable {
        /// Nobody's: every connection authenticates.
        case none
        /// Those of programs on this machine. A setting for development: it takes their word for every actor.
        case loopback
    }

    package var trust = Trust.none
    /// How connections that are not trusted say who they are: the methods are tried in this order on each event.
    package var authentication: [AuthenticationMethod] = [.testcase]
    /// A file with the tags that the method `local_storage` knows, one in each line; empty: none is.
    package var usersFile = ""
    /// Whether others may come in by it, unauthenticated, where there is such a file.
    package var takesOtherUsers = true
    /// The fields in which the events of a trusted connection may name their actor; the first non-empty text counts.
    package var actorFields = ["user_id", "username", "actor"]
    /// Origins of other sites and of browser extensions that may publish: `https://school.example`,
    /// `chrome-extension://abc`. The host's own always may, and so may programs, which send none.
    package var origins: [String] = []

    /// Files of rules that say which domains' events are taken, each after those that it overrides.
    package var rules: [String] = []
    /// The fields in which events may name a domain, or an address of one; the actor's id counts as well.
    package var domainFields = ["chrome_identity.email"]

    /// Which tokens the method `jwt` takes.
    package var token = TokenConfiguration()

    /// The largest event: a WebSocket message, or an event of a request.
    package var eventBytes = 4 << 20
    /// How far ahead of the host's a client's clock may be, in microseconds. An event from further ahead counts as of its arrival:
    /// one that is believed would make all that comes after it late.
    package var skew: Int64 = 5 * 60 * 1_000_000
    /// The longest type, actor's id and client's id.
    package var nameBytes = 1 << 10
    /// The largest object of locked fields of a connection.
    package var lockedBytes = 256 << 10
    /// Open WebSockets.
    package var connections = 10_000

    /// Events of one WebSocket that are not durable yet, about: with more it is not read until they are.
    package var unacknowledged = 10_000

    /// How fast the events of one connection, and of one actor, may come. What sends more is read more slowly.
    package var connectionRate = RateLimit.Setting(perSecond: 100, burst: 1_000)
    package var actorRate = RateLimit.Setting(perSecond: 100, burst: 1_000)
    /// How long a WebSocket may take to say who it is; zero: for ever.
    package var authenticationTime: Duration = .seconds(300)
    /// How long the events of an actor who comes back wait for the lock that his last connection had; zero: not at all.
    package var lockTime: Duration = .seconds(2)
    /// Bytes of locks that are remembered for that.
    package var lockMemory = 16 << 20
    /// The largest value that `save_blob` stores.
    package var blobBytes = 1 << 20

    /// Events of one connection that may wait for its authentication, and their bytes.
    package var backlogEvents = 1_000
    package var backlogBytes = 1 << 20
    /// Bytes that wait for authentication on all connections together.
    package var backlogTotalBytes = 64 << 20

    /// The largest body of a request, decompressed.
    package var bodyBytes = 16 << 20
    /// Events in one body.
    package var bodyEvents = 50_000

    package init() {}

    /// Reads the section `ingest`. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        trust = reader.choice("trust", default: trust)
        authentication = Self.methods(reader, default: authentication)
        let users = reader.section("users")
        usersFile = users.string("file", default: usersFile)
        takesOtherUsers = users.boolean("others", default: takesOtherUsers)
        // One text, or a list.
        actorFields = reader.strings("actor", default: actorFields)
        if actorFields.contains("") || actorFields.count > EnvelopeReader.maximumActors {
            let found = actorFields.contains("") ? "an empty name" : "\(actorFields.count) names"
            let limit = EnvelopeReader.maximumActors
            reader.problem("actor", found: found, expected: "names of fields, such as user_id, at most \(limit)")
        }

        token = TokenConfiguration(reader.section("jwt"), isUsed: authentication.contains(.jwt))
        eventBytes = reader.size("frame", default: eventBytes, in: 1_024...(32 << 20))
        skew = reader.duration("skew", default: .microseconds(skew)).microseconds
        origins = reader.strings("origins", default: origins)
        rules = reader.strings("rules", default: rules)
        domainFields = reader.strings("domain", default: domainFields)

        let limits = reader.section("limits")
        nameBytes = limits.size("name", default: nameBytes, in: 16...16_384)
        lockedBytes = limits.size("locked", default: lockedBytes, in: 1_024...(32 << 20))
        connections = limits.integer("connections", default: connections, in: 1...1_000_000)
        unacknowledged = limits.integer("unacknowledged", default: unacknowledged, in: 1...10_000_000)
        connectionRate = Self.rate(limits.section("connection"), default: connectionRate)
        actorRate = Self.rate(limits.section("actor"), default: actorRate)
        authenticationTime = limits.duration(
            "authentication", default: authenticationTime, in: .zero ... .seconds(86_400))
        let lock = limits.section("lock")
        lockTime = lock.duration("wait", default: lockTime, in: .zero ... .seconds(60))
        lockMemory = lock.size("memory", default: lockMemory, in: 0...(1 << 34))
        blobBytes = limits.size("blob", default: blobBytes, in: 1...(32 << 20))
        let backlog = limits.section("backlog")
        backlogEvents = backlog.integer("events", default: backlogEvents, in: 0...1_000_000)
        backlogBytes = backlog.size("bytes", default: backlogBytes, in: 0...(1 << 30))
        backlogTotalBytes = backlog.size("total", default: backlogTotalBytes, in: 0...(1 << 40))
        let body = limits.section("body")
        bodyBytes = body.size("bytes", default: bodyBytes, in: 1_024...(1 << 30))
        bodyEvents = body.integer("events", default: bodyEvents, in: 1...10_000_000)
    }

    private static func rate(_ reader: SettingsReader, default rate: RateLimit.Setting) -> RateLimit.Setting {
        RateLimit.Setting(
            perSecond: reader.integer("rate", default: rate.perSecond, in: 0...1_000_000),
            burst: reader.integer("burst", default: rate.burst, in: 1...100_000_000))
    }

    private static func methods(
        _ reader: SettingsReader, default methods: [AuthenticationMethod]
    ) -> [AuthenticationMethod] {
        guard reader.has("authentication") else { return methods }
        return reader.strings("authentication").compactMap { name in
            if let method = AuthenticationMethod(rawValue: name) { return method }
            let known = AuthenticationMethod.allCases.map(\.rawValue).joined(separator: ", ")
            reader.problem("authentication", found: "\"\(name)\"", expected: "a list of \(known)")
            return nil
        }
    }
}
