/// Input that could not be processed, as it arrived, and why.
package struct DeadLetter: Sendable, Equatable {
    /// Where it failed.
    package enum Stage: String, Sendable, CaseIterable {
        /// Not a JSON object, not UTF-8, without a type, or not as its type has it.
        case decode
        /// Nobody vouches for the actor.
        case authenticate
        /// Refused by a guard: too large, not allowed, a backlog that is full.
        case protect
        /// A source plugin could not read it.
        case source
        /// Another event with its id came before, and said something else.
        case dedup
        /// A filter rule that says so could not be evaluated.
        case filter
        /// A reducer's `read` rejected the event.
        case read
        /// A reducer failed while it folded the event.
        case reduce
    }

    package var code: Code
    /// One sentence: what was found and what was expected.
    package var reason: String
    /// Microseconds since 1970 UTC.
    package var received: Int64
    /// The bytes as they arrived.
    package var original: [UInt8]
    /// Who rejected a record of the log, e.g. `quiz-analytics.attempts@1`. Together with `partition` and `position` it
    /// identifies a letter: folding again does not store it again.
    package var component: String?
    /// The build of its plugin: the beginning of the library's SHA-256.
    package var build: String?
    package var partition: Int?
    package var position: UInt64?
    /// The client or source that numbers its events, and its number of this one. It counts in `highestSequence`.
    package var client: String?
    package var sequence: UInt64?
    package var session: UInt32?
    /// How often it has been tried, this time included.
    package var attempts = 1

    package var stage: Stage { code.stage }

    package init(code: Code, reason: String, received: Int64, original: [UInt8]) {
        self.code = code
        self.reason = reason
        self.received = received
        self.original = original
    }
}
