import EventLog

/// What became of the frames of one read.
struct ReadReport {
    enum Message {
        case authenticated(userID: String)
        /// The frame at `index` of its read went to the dead letters.
        case rejected(index: Int, reason: String, number: UInt64)
        /// A rule says that the connection's events are not taken.
        case blocked(reply: String)
    }

    var accepted = 0
    var duplicates = 0
    /// In order.
    var messages: [Message] = []
    /// Why nothing is taken any more: the client has ended the session, or is blocked. Nil: it goes on.
    var over: String?
    var isOver: Bool { over != nil }
}
