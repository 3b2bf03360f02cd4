import CRecords
import Records

/// The frames of one read, one after the other in one reused buffer, which gives the parser the readable bytes it
/// needs behind each of them. Not thread-safe: a thread has one and empties it at the end of each read.
package struct FrameBuffer: ~Copyable {
    /// A whole WebSocket message, an HTTP body's event or a line.
    struct Message {
        let range: Range<Int>
        let isText: Bool
        /// What whoever brings it calls it; 0: nothing.
        let number: UInt64
        /// When it was, as whoever brings it says: microseconds since 1970 UTC.
        let time: Int64?
    }

    private(set) var messages: [Message] = []
    private var bytes = Bytes()
    /// What one odd read needed is not kept for ever.
    private static let keptCapacity = 1 << 20

    package init() {}

    /// Frames in the buffer.
    package var count: Int { messages.count }

    /// Their bytes together.
    package var byteCount: Int { bytes.count }

    /// Adds a message of text, as it arrived: it is not checked here.
    package mutating func append(text: UnsafeRawBufferPointer) { append(text, isText: true) }

    /// Adds a message of text that has a number of its own, from 1 on, and perhaps a time (microseconds since 1970 UTC).
    package mutating func append(text: UnsafeRawBufferPointer, number: UInt64, time: Int64?) {
        append(text, isText: true, number: number, time: time)
    }

    /// Adds a binary message, which the session refuses.
    package mutating func append(binary: UnsafeRawBufferPointer) { append(binary, isText: false) }

    /// Adds a message that is masked with `key`, its four bytes as they came (RFC 6455, section 5.3), and unmasks it.
    package mutating func append(masked frame: UnsafeRawBufferPointer, key: UInt32, isText: Bool) {
        let start = bytes.count
        append(frame, isText: isText)
        guard key != 0, let target = UnsafeMutableRawPointer(bytes.raw.start)?.advanced(by: start) else { return }
        let wide = UInt64(key) | UInt64(key) << 32
        let whole = frame.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            let word = target.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            target.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
        }
        for offset in whole..<frame.count {
            let byte = target.load(fromByteOffset: offset, as: UInt8.self)
            target.storeBytes(
                of: byte ^ UInt8(truncatingIfNeeded: key >> (8 * UInt32(offset & 3))), toByteOffset: offset,
                as: UInt8.self)
        }
    }

    package mutating func removeAll() {
        messages.removeAll(keepingCapacity: true)
        if bytes.raw.capacity > Self.keptCapacity { bytes = Bytes() } else { bytes.truncate() }
    }

    /// A frame's bytes: valid until the next change, and readable FieldExtractor.padding bytes further.
    func bytes(of message: Message) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.contents[message.range])
    }

    private mutating func append(_ frame: UnsafeRawBufferPointer, isText: Bool, number: UInt64 = 0, time: Int64? = nil)
    {
        let start = bytes.count
        bytes.append(frame)
        messages.append(Message(range: start..<bytes.count, isText: isText, number: number, time: time))
        _ = lectern_bytes_room(&bytes.raw, FieldExtractor.padding)
    }
}
