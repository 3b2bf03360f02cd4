import EventLog

/// What became of the frames of one read.
struct ReadReport {
    enum Message {
        case authenticated(userID: String)
        /// The frame at `index` of its read went to the dead letters.
        case rejected(index: Int, reason: String, number: UInt64)
    }

    var accepted = 0
    var duplicates = 0
    /// In order.
    var messages: [Message] = []
    /// The client has ended the session.
    var isOver = false
}
