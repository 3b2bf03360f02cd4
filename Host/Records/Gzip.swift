import CZlib

/// Why compressed bytes could not be read.
package enum GzipError: Error, Equatable, CustomStringConvertible {
    /// The bytes are not gzip, or are damaged.
    case malformed(String)
    /// The bytes end before the compressed data does.
    case truncated
    /// More than `limit` bytes would come out.
    case tooLarge(limit: Int)

    package var description: String {
        switch self {
        case .malformed(let why): "this is not gzip, or damaged: \(why)"
        case .truncated: "the gzip data ends too early"
        case .tooLarge(let limit): "more than \(limit) bytes when decompressed"
        }
    }
}

/// Decompresses gzip (RFC 1952) piece by piece, in constant memory; several members one after the other are one text.
/// Not thread-safe.
package struct GzipInflater: ~Copyable {
    // zlib keeps the stream's address, so it may not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// At the end of a member: what follows is another one, or nothing.
    private var betweenMembers = false
    private var started = false

    package init() {
        stream.initialize(to: z_stream())
        let windowOfGzip: Int32 = 15 + 16
        let size = Int32(MemoryLayout<z_stream>.size)
        let status = inflateInit2_(stream, windowOfGzip, ZLIB_VERSION, size)
        precondition(status == Z_OK, "zlib lacks memory, or is not the one that the host was built with")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Decompresses the next piece of input and hands what comes out to `consume`, in pieces of at most 64 KiB that
    /// are valid during the call. What `consume` throws ends the work.
    package mutating func inflate(
        _ input: UnsafeRawBufferPointer, _ consume: (UnsafeRawBufferPointer) throws(GzipError) -> Void
    ) throws(GzipError) {
        guard let start = input.baseAddress, input.count > 0 else { return }
        guard input.count <= Int(UInt32.max) else { throw .tooLarge(limit: Int(UInt32.max)) }
        started = true
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        repeat {
            if betweenMembers {
                inflateReset(stream)
                betweenMembers = false
            }
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
                throw .malformed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
            }
            betweenMembers = status == Z_STREAM_END
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<count])) }
        } while stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !betweenMembers)
    }

    /// Call at the end of the input: throws if a member is incomplete.
    package func finish() throws(GzipError) {
        if started && !betweenMembers { throw .truncated }
    }

    /// All of a compressed text, unless it is larger than `limit` bytes.
    package static func inflate(_ input: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
        var inflater = GzipInflater()
        var text: [UInt8] = []
        let result = input.withUnsafeBytes { input in
            Result { () throws(GzipError) in
                try inflater.inflate(input) { (piece) throws(GzipError) in
                    guard text.count + piece.count <= limit else { throw .tooLarge(limit: limit) }
                    text.append(contentsOf: piece)
                }
            }
        }
        try result.get()
        try inflater.finish()
        return text
    }
}
