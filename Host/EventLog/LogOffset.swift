/// A place in a log: a byte of a segment. Offsets grow with the log and are comparable across segments.
package struct LogOffset: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let segment: UInt32
    /// Bytes from the segment's beginning.
    package let byte: UInt32

    package init(segment: UInt32, byte: UInt32) {
        self.segment = segment
        self.byte = byte
    }

    /// Both numbers in one word, in the same order.
    init(packed: UInt64) {
        self.init(segment: UInt32(packed >> 32), byte: UInt32(truncatingIfNeeded: packed))
    }

    var packed: UInt64 { UInt64(segment) << 32 | UInt64(byte) }

    package static func < (a: LogOffset, b: LogOffset) -> Bool { a.packed < b.packed }

    package var description: String { "segment \(segment), byte \(byte)" }
}
