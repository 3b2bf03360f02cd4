import CZlib

/// Compresses a text into gzip (RFC 1952), piece by piece, in constant memory. Not thread-safe.
package struct GzipDeflater: ~Copyable {
    // zlib keeps the stream's address, so it may not move.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    package init() {
        stream.initialize(to: z_stream())
        let windowOfGzip: Int32 = 15 + 16
        let status = deflateInit2_(
            stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowOfGzip, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib lacks memory, or is not the one that the host was built with")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        output.deallocate()
    }

    /// Compresses the next piece, of less than 4 GiB, and hands what comes out to `consume`, valid during the call. What it
    /// throws ends the work.
    package mutating func deflate(
        _ input: UnsafeRawBufferPointer, _ consume: (UnsafeRawBufferPointer) throws -> Void
    ) rethrows {
        guard let start = input.baseAddress, input.count > 0 else { return }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        while stream.pointee.avail_in > 0 { _ = try step(Z_NO_FLUSH, consume) }
    }

    /// Ends the text.
    package mutating func finish(_ consume: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        while try step(Z_FINISH, consume) != Z_STREAM_END {}
    }

    private func step(_ flush: Int32, _ consume: (UnsafeRawBufferPointer) throws -> Void) rethrows -> Int32 {
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        let status = CZlib.deflate(stream, flush)
        let count = output.count - Int(stream.pointee.avail_out)
        if count > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<count])) }
        return status
    }
}
