/// What is known of a key.
package struct Answer: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        /// The source has said so, not long ago.
        case fresh
        /// It is what the source said before; now it does not answer.
        case stale
        /// The source knows nothing of the key, or has not answered in time.
        case missing
    }

    package let status: Status
    /// A JSON object; nil: nothing is known.
    package let json: String?

    package init(_ status: Status, _ json: String?) {
        self.status = status
        self.json = json
    }

    static let missing = Answer(.missing, nil)
}
