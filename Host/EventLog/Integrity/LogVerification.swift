/// What a check of a whole log has found.
package struct LogVerification: Sendable {
    /// In the log's order; none if the log is what was written and signed.
    package internal(set) var problems: [LogProblem] = []
    package internal(set) var segments = 0
    /// Events and control records that were read.
    package internal(set) var records: UInt64 = 0
    /// Records of partitions that no head vouches for yet: their checksums alone were checked.
    package internal(set) var unsigned: UInt64 = 0
    /// Records that others stand for, by a signed erasure.
    package internal(set) var erased: UInt64 = 0
    /// Records of partitions that were deleted with their segments, by a signed retention.
    package internal(set) var removed: UInt64 = 0
    /// How many tree heads were signed, and when the newest one was.
    package internal(set) var heads = 0
    package internal(set) var newestHead: String?
    /// What follows the last whole record, if a host is just writing it or a crash has left it.
    package internal(set) var torn: String?
}

extension LogDirectory {
    /// Reads the whole log and checks it: checksums, positions, that nothing is missing, and, if it was ever signed, every
    /// byte of it against its trees and their signed heads. Also while a host writes it.
    ///
    /// - Parameters:
    ///   - key: the public key that must have signed; nil: the one beside the log, which someone who can forge the log
    ///     can also replace.
    ///   - heads: a file of tree heads that were kept elsewhere.
    ///   - mustBeSigned: that nobody has ever signed the log is a problem.
    ///   - progress: called now and then with the bytes that have been read, and the bytes of all segments.
    /// - Throws: `LogError` if something can't be read at all. Damage is no error but a problem.
    package func verify(
        key: PublicKey? = nil, heads: String? = nil, mustBeSigned: Bool = false,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> LogVerification {
        let verifier = try LogVerifier(self, key: key, heads: heads, mustBeSigned: mustBeSigned)
        return try verifier.run(progress)
    }
}
