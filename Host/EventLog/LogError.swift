import Glibc

/// What goes wrong with a log. `description` is one message for the operator: place, found, expected and what to do.
package struct LogError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The operating system refused a call; the disk may be full or broken. The log has stopped.
        case disk
        /// The brokers of a log in Kafka refused something, or did not answer in time.
        case broker
        /// The log has reached its own limit of bytes and has stopped.
        case full
        /// Stored bytes are not what was written. Nothing is repaired by guessing.
        case corrupt
        /// Another process has the log open.
        case inUse
        /// The settings don't fit the log.
        case settings
        /// The keys that seal events are not there, or don't open what they should.
        case keys
        /// The log was closed.
        case closed
        /// A position lies before the first record that is kept, or after the last.
        case outOfRange
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The error of a call that has just failed, from `errno`.
    package static func disk(_ call: String, _ path: String, _ number: Int32 = errno) -> LogError {
        let reason = String(cString: strerror(number))
        let remedy =
            switch number {
            case ENOSPC, EDQUOT: "; free some space and start again"
            case EACCES, EPERM, EROFS: "; the host's user needs to read and write there"
            default: ""
            }
        return LogError(.disk, "\(path): \(call) failed: \(reason)\(remedy)")
    }

    static func corrupt(_ path: String, at offset: Int, _ found: String, orElse remedy: String = "") -> LogError {
        LogError(
            .corrupt,
            "\(path), byte \(offset): \(found). This was durable, so the file has been damaged since: "
                + "restore it from a copy\(remedy)")
    }

    static let closed = LogError(.closed, "the log is closed")
}
