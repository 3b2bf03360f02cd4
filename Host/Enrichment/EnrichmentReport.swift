/// What was looked up, for those who ask. It names no student.
package struct EnrichmentReport: Sendable {
    package struct Counts: Sendable, Equatable {
        /// Events by the status of their answer.
        package let fresh: UInt64
        package let stale: UInt64
        package let missing: UInt64
        /// Answers that memory had, and those that the shared store had.
        package let memoryHits: UInt64
        package let sharedHits: UInt64
        /// Times that the source was asked, and those of them that it did not answer.
        package let calls: UInt64
        package let errors: UInt64
        /// Look-ups that were left out because too many waited.
        package let overflows: UInt64
        /// How long look-ups took that memory had no answer for.
        package let seconds: LookupSeconds
    }

    package struct Enricher: Sendable {
        package let id: String
        package let member: String
        /// The name of its source, and how the source's breaker stands.
        package let source: String
        package let breaker: Breaker.State
        /// Keys in memory.
        package let remembered: Int
        package let counts: Counts
    }

    /// By their ids.
    package let enrichers: [Enricher]
    /// The members of events that functions of plugins compute now, `checks.retention`, sorted.
    package let derived: [String]

    package init(enrichers: [Enricher], derived: [String] = []) {
        self.enrichers = enrichers
        self.derived = derived
    }
}
