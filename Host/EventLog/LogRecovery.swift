/// What opening a log found and did.
package struct LogRecovery: Sendable, Equatable, CustomStringConvertible {
    /// A new log was made.
    package var created = false
    package var segments = 0
    /// Records with a position, of all partitions, those of deleted segments included.
    package var records: UInt64 = 0
    /// What was cut off, in words for the operator: place, bytes and reason of each. None after a clean end.
    package var truncations: [Truncation] = []

    /// The end of a file that no client was told of, and that was not whole.
    package struct Truncation: Sendable, Equatable, CustomStringConvertible {
        package let file: String
        /// Where the file ends now; 0: the file was removed.
        package let offset: Int
        package let bytes: Int
        package let reason: String

        package var description: String { "\(file): cut off the last \(bytes) bytes, at byte \(offset): \(reason)" }
    }

    /// One line for each thing to say, none of them if there is nothing to say.
    package var description: String {
        truncations.map(\.description).joined(separator: "\n")
    }
}
