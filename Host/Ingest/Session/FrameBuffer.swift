import CRecords
import Records

/// The frames of one read, one after the other in one reused buffer, which gives the parser the readable bytes it needs behind
/// each of them. Not thread-safe: a thread has one and empties it at the end of each read.
package struct FrameBuffer: ~Copyable {
    /// A whole WebSocket message, an HTTP body's event or a line.
    struct Frame {
        let range: Range<Int>
        let isText: Bool
    }

    private(set) var frames: [Frame] = []
    private var bytes = Bytes()
    /// What one odd read needed is not kept for ever.
    private static let keptCapacity = 1 << 20

    package init() {}

    /// Frames in the buffer.
    package var count: Int { frames.count }

    /// Their bytes together.
    package var byteCount: Int { bytes.count }

    /// Adds a message of text, as it arrived: it is not checked here.
    package mutating func append(text: UnsafeRawBufferPointer) { append(text, isText: true) }

    /// Adds a binary message, which the session refuses.
    package mutating func append(binary: UnsafeRawBufferPointer) { append(binary, isText: false) }

    package mutating func removeAll() {
        frames.removeAll(keepingCapacity: true)
        if bytes.raw.capacity > Self.keptCapacity { bytes = Bytes() } else { bytes.truncate() }
    }

    /// A frame's bytes: valid until the next change, and readable FieldExtractor.padding bytes further.
    func bytes(of frame: Frame) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.contents[frame.range])
    }

    private mutating func append(_ frame: UnsafeRawBufferPointer, isText: Bool) {
        let start = bytes.count
        bytes.append(frame)
        frames.append(Frame(range: start..<bytes.count, isText: isText))
        _ = lectern_bytes_room(&bytes.raw, FieldExtractor.padding)
    }
}
