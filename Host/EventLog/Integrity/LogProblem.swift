/// A place where a log is not what was written, or signed.
package struct LogProblem: Sendable, Codable, Equatable, CustomStringConvertible {
    package let file: String
    package var segment: UInt32?
    /// Where in the file what is wrong begins.
    package var byte: Int?
    package var partition: LogTree?
    /// In the shared tree, the leaf's number.
    package var position: UInt64?
    /// What is wrong, in words.
    package let found: String

    package var description: String {
        var place = file
        if let byte { place += ", byte \(byte)" }
        if let partition, let position {
            place += ": \(partition), position \(position)"
        } else if let partition {
            place += ": \(partition)"
        }
        return "\(place): \(found)"
    }
}
