/// What is on its way to a server. Short pieces go out together. Not thread-safe.
struct RedisOutput: ~Copyable {
    /// The oldest first; those before `next` are taken.
    private var queue: [RedisBytes] = []
    private var next = 0
    /// The segment of the next one, and what of it is taken.
    private var segment = 0
    private var offset = 0
    /// What is taken and not sent yet: the part of the buffer from `start` to `end`.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var start = 0
    private var end = 0

    deinit { buffer.deallocate() }

    var isEmpty: Bool { start == end && next == queue.count }

    mutating func append(_ bytes: RedisBytes) { queue.append(bytes) }

    mutating func removeAll() {
        queue = []
        (next, segment, offset, start, end) = (0, 0, 0, 0, 0)
    }

    /// Writes as much as there is room for. Returns whether that was anything.
    mutating func write(to socket: RedisSocket) throws(RedisFailure) -> Bool {
        var hasWritten = false
        while true {
            if start == end { gather() }
            let count: Int
            if start < end {
                count = try socket.write(
                    UnsafeRawBufferPointer(rebasing: buffer[start..<end]), isFollowed: next < queue.count)
                start += count
            } else if next < queue.count {
                // A long piece is not worth the copying.
                let offset = offset
                count = try queue[next].withSegment(segment) { bytes in
                    Result { () throws(RedisFailure) in
                        // Text follows.
                        try socket.write(UnsafeRawBufferPointer(rebasing: bytes[offset...]), isFollowed: true)
                    }
                }.get()
                take(count)
            } else {
                return hasWritten
            }
            if count == 0 { return hasWritten }
            hasWritten = true
        }
    }

    /// Fills the buffer, which is empty, up to a piece that is as long as the buffer.
    private mutating func gather() {
        (start, end) = (0, 0)
        while next < queue.count, end < buffer.count {
            let (offset, end) = (offset, end)
            let count = queue[next].withSegment(segment) { bytes in
                let left = bytes.count - offset
                if left >= buffer.count { return -1 }
                let count = min(left, buffer.count - end)
                UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
                return count
            }
            if count < 0 { return }
            self.end += count
            take(count)
        }
    }

    private mutating func take(_ count: Int) {
        offset += count
        guard offset == queue[next].withSegment(segment, \.count) else { return }
        offset = 0
        segment += 1
        guard segment == queue[next].segmentCount else { return }
        segment = 0
        queue[next] = RedisBytes()
        next += 1
        guard next == queue.count else { return }
        queue.removeAll(keepingCapacity: true)
        next = 0
    }
}
