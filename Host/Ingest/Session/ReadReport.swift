import EventLog

/// What became of the frames of one read.
struct ReadReport {
    enum Message {
        case authenticated(userID: String)
        /// The frame at `index` of its read went to the dead letters.
        case rejected(index: Int, reason: String, number: UInt64)
        /// A rule says that the connection's events are not taken.
        case blocked(reply: String)
        /// What the client shows does not say who it is.
        case refused(reason: String)
    }

    var accepted = 0
    var duplicates = 0
    /// What has to be done besides, at once and when the read is durable.
    var now: [IngestOutput] = []
    var later: [IngestOutput] = []
    /// In order.
    var messages: [Message] = []
    /// Why nothing is taken any more: the client has ended the session, or is blocked. Nil: it goes on.
    var over: String?
    var isOver: Bool { over != nil }
    /// Of the WebSocket then (RFC 6455, section 7.4).
    var closeCode: UInt16 = 1000

    /// What became of further frames, besides.
    mutating func add(_ other: ReadReport) {
        accepted += other.accepted
        duplicates += other.duplicates
        messages += other.messages
    }
}
