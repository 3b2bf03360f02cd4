import CRecords
import Glibc
import Records

/// The frames of one client that are not known to be durable, encoded and in order: what is to be sent, and what is to be
/// sent again. Not thread-safe.
struct UnacknowledgedFrames: ~Copyable {
    /// The number of the oldest frame here, or of the next one to come.
    private(set) var firstNumber: UInt64 = 1
    private var bytes = Bytes()
    /// Where the oldest frame begins in `bytes`.
    private var start = 0
    /// Where each frame ends in `bytes`, from `oldest` on.
    private var ends: [Int] = []
    private var oldest = 0
    /// Up to here `bytes` went out on this connection, and so many frames did whole.
    private var written = 0
    private var framesWritten = 0
    /// All up to this number are durable; some of them may still have to be sent again, since the host counts frames.
    private var durable: UInt64 = 0
    private var masks = MaskKeys()

    var count: Int { ends.count - oldest }
    var byteCount: Int { bytes.count - start }
    var nextNumber: UInt64 { firstNumber + UInt64(count) }

    mutating func append(_ text: UnsafeRawBufferPointer) {
        WebSocketFrame.append(.text, text, key: masks.next(), to: &bytes)
        ends.append(bytes.count)
    }

    /// What has to be written next. Valid until the next change.
    var unwritten: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes.contents[written...]) }

    /// Whether what was written ends where a frame ends, so that a control frame may follow.
    var isBetweenFrames: Bool { written == (framesWritten == oldest ? start : ends[framesWritten - 1]) }

    mutating func didWrite(_ count: Int) {
        written += count
        while framesWritten < ends.count, ends[framesWritten] <= written { framesWritten += 1 }
        drop()
    }

    /// The host says that all frames up to this number are durable.
    mutating func acknowledge(through number: UInt64) {
        durable = max(durable, number)
        drop()
    }

    /// Everything that is here has to be sent again, on a new connection.
    mutating func rewind() {
        written = start
        framesWritten = oldest
    }

    /// Begins behind this number; only while there are no frames.
    mutating func skip(through number: UInt64) {
        precondition(count == 0)
        firstNumber = max(firstNumber, number + 1)
        durable = max(durable, number)
    }

    /// Lets go of frames that are durable and were sent on this connection.
    private mutating func drop() {
        while oldest < framesWritten, firstNumber <= durable {
            start = ends[oldest]
            oldest += 1
            firstNumber += 1
        }
        // Moving what is left costs less than what was let go of, so that each byte is moved about once.
        if start > byteCount, start > 1 << 12 { compact() }
    }

    private mutating func compact() {
        let left = byteCount
        memmove(bytes.raw.start, bytes.raw.start + start, left)
        bytes.truncate(to: left)
        ends.removeFirst(oldest)
        for index in ends.indices { ends[index] -= start }
        written -= start
        framesWritten -= oldest
        (start, oldest) = (0, 0)
    }
}
