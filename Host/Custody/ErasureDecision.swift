/// That a student is erased: what the list of erasures says. It knows students by their pseudonyms alone, so that it tells
/// nobody who they were; but whoever has the log's key can tell whether an id is one of them.
package struct ErasureDecision: Codable, Sendable, Equatable {
    /// The log's id, in hexadecimal.
    package let log: String
    /// The pseudonym of the student's id: 16 hexadecimal digits.
    package let student: String
    /// Those of the actors that the student may have been.
    let actors: [String]
    /// When it was decided, RFC 3339 in UTC.
    package let time: String

    /// Those of the actors.
    package var pseudonyms: [UInt64] { actors.compactMap(PseudonymText.read) }
}

/// An erasure that is not finished. As long as it is not, the student's id has to be known, so the data folder keeps it.
struct UnfinishedErasure: Codable, Sendable {
    let decision: ErasureDecision
    /// The ids under which the student is looked for; empty: they have to be found by their pseudonyms first.
    var ids: [String]
    /// What was found when the log was first searched; nil: it was not yet.
    var findings: Findings?

    struct Findings: Codable, Sendable {
        /// Events of the student's, by partition.
        var events: [Int: Int] = [:]
        /// The sessions and clients that nobody else has used.
        var sessions: Set<UInt32> = []
        var clients: Set<String> = []
        /// Marks of the events' payloads: see `LogIdentity.mark`.
        var payloads: Set<UInt64> = []
    }
}
