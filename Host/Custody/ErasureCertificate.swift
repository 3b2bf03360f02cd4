package import EventLog

/// What says that a student was erased, and from where, without saying who it was. Signed with the log's key: see `Signed`.
package struct ErasureCertificate: Statement {
    package static let kind = "erasure-certificate"
    package private(set) var kind: String = Self.kind
    package let log: String
    /// The pseudonym of the student's id.
    package let student: String
    /// When it was decided, and when it had been carried out.
    package let decided: String
    package let time: String
    /// Events of the student's that are tombstones now, by partition.
    package let events: [Int: Int]
    /// Session records that were the student's alone.
    package let sessions: Int
    /// Records of others, or of nobody, in which the pseudonym stands for the id now.
    package let mentions: Int
    package let deadLetters: Int
    /// Plugins whose states are folded anew from the erased log.
    package let refolded: [String]
    /// Reducers whose states hold what they counted of the student, since the log was cut by retention and can't be
    /// folded anew. States of the student's own are gone in any case.
    package let mayStillCount: [String]
    /// Values of the stores, besides states.
    package let values: Int
    /// What else held something, by its name: how many pieces.
    package let others: [String: Int]
    /// A crash has interrupted it, and `mentions`, `deadLetters` and `values` count what was left to do then.
    package let resumed: Bool
    /// The log's trees, which keep the leaves of all that was erased; none if the log is not signed.
    package let roots: [LogRewriting.Root]
    /// What became of the events in Kafka; nil: the log is in the folder, and its records were overwritten.
    package let topic: Topic?

    /// What was done about a log that is a topic, which nobody can rewrite.
    package struct Topic: Codable, Sendable {
        /// The keys that were destroyed, one for each name that the student's events had: they can't be opened any more.
        let keys: Int
        /// The student's events that had come before the log was sealed, by partition. Every host passes over them; what
        /// they hold stays in the topic until its retention deletes it.
        let unsealed: [Int: Int]
        /// Records of others, or of nobody, that name the student, and stay as they are.
        let mentions: Int
    }
}
