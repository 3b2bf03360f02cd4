/// What one check of `lectern doctor` has found.
struct Finding: Encodable, Sendable {
    enum Status: String, Encodable, Sendable, Comparable {
        case ok
        /// Worth knowing.
        case note
        /// Should be looked at; the deployment works.
        case warning
        /// Something does not work.
        case problem

        private static let order: [Status] = [.ok, .note, .warning, .problem]

        static func < (a: Self, b: Self) -> Bool { order.firstIndex(of: a)! < order.firstIndex(of: b)! }
    }

    /// What people complain of, and which findings may explain it.
    enum Topic: String, Encodable, Sendable, CaseIterable {
        case memory = "high memory"
        case delays = "processing delays"
        case enrichments = "missing enrichments"
        case duplicates = "duplicate events"
    }

    /// What was checked: `disk space`, `store default`.
    let check: String
    let status: Status
    let found: String
    /// What to do about it; nil: nothing.
    var remedy: String?
    var topics: [Topic] = []

    init(_ check: String, _ status: Status, _ found: String, remedy: String? = nil, topics: Topic...) {
        self.check = check
        self.status = status
        self.found = found
        self.remedy = remedy
        self.topics = topics
    }
}

extension Double {
    /// As a share in percent, for people.
    var percent: String { "\((self * 1000).rounded() / 10) %" }
    /// Seconds, for people.
    var secondsText: String { "\((self * 10).rounded() / 10) s" }
}

extension Int {
    /// Bytes, for people.
    var bytesText: String { self < 10 << 30 ? "\(self >> 20) MiB" : "\(self >> 30) GiB" }
}
