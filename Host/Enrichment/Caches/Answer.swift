/// What is known of a key.
struct Answer: Sendable {
    enum Status: String, Sendable, CaseIterable {
        /// The source has said so, not long ago.
        case fresh
        /// It is what the source said before; now it does not answer.
        case stale
        /// The source knows nothing of the key, or has not answered in time.
        case missing
    }

    let status: Status
    /// Nil: nothing is known.
    let content: AnswerContent?

    /// What the source has just said.
    static func fresh(_ content: AnswerContent?) -> Answer {
        Answer(status: content == nil ? .missing : .fresh, content: content)
    }

    static let missing = Answer(status: .missing, content: nil)
}
