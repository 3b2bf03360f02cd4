import CZstd

/// Why bytes could not be compressed or decompressed.
package enum ZstdError: Error, Equatable, CustomStringConvertible {
    /// The bytes are not zstd, or are damaged.
    case malformed(String)
    /// The bytes end before the compressed data does.
    case truncated

    package var description: String {
        switch self {
        case .malformed(let why): "this is not zstd, or damaged: \(why)"
        case .truncated: "the zstd data ends too early"
        }
    }
}

/// Compresses a text into one zstd frame (RFC 8878) with a checksum, piece by piece, in constant memory. Not thread-safe.
package struct ZstdDeflater: ~Copyable {
    package typealias Consume = (UnsafeRawBufferPointer) throws -> Void

    private let stream: OpaquePointer
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

    /// - Parameter level: 1, the fastest, to 19.
    package init(level: Int) {
        guard let stream = ZSTD_createCCtx() else { preconditionFailure("no memory for zstd") }
        self.stream = stream
        ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, Int32(level))
        ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(stream)
        output.deallocate()
    }

    /// Compresses the next piece and hands what comes out to `consume`, valid during the call. What it throws ends the work.
    package mutating func deflate(_ input: UnsafeRawBufferPointer, _ consume: Consume) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        while source.pos < source.size { try step(&source, ZSTD_e_continue, consume) }
    }

    /// Ends the frame.
    package mutating func finish(_ consume: Consume) throws {
        var source = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
        while try step(&source, ZSTD_e_end, consume) > 0 {}
    }

    /// Returns how much is still to come out.
    @discardableResult
    private func step(
        _ source: inout ZSTD_inBuffer, _ directive: ZSTD_EndDirective, _ consume: Consume
    ) throws -> Int {
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let left = ZSTD_compressStream2(stream, &target, &source, directive)
        if ZSTD_isError(left) != 0 { throw ZstdError.malformed(String(cString: ZSTD_getErrorName(left))) }
        if target.pos > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<target.pos])) }
        return left
    }
}

/// Decompresses zstd piece by piece, in memory that the compressed data's window bounds (8 MiB for what `ZstdDeflater`
/// makes); several frames one after the other are one text. Not thread-safe.
package struct ZstdInflater: ~Copyable {
    private let stream: OpaquePointer
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 16)
    /// What the last call of zstd still expects; 0 between frames.
    private var expected = 0

    package init() {
        guard let stream = ZSTD_createDCtx() else { preconditionFailure("no memory for zstd") }
        self.stream = stream
    }

    deinit {
        ZSTD_freeDCtx(stream)
        output.deallocate()
    }

    /// Decompresses the next piece of input and hands what comes out to `consume`, in pieces of at most 128 KiB that are
    /// valid during the call. What `consume` throws ends the work.
    package mutating func inflate(
        _ input: UnsafeRawBufferPointer, _ consume: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var isFull = false
        while source.pos < source.size || isFull {
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            expected = ZSTD_decompressStream(stream, &target, &source)
            if ZSTD_isError(expected) != 0 {
                throw ZstdError.malformed(String(cString: ZSTD_getErrorName(expected)))
            }
            if target.pos > 0 { try consume(UnsafeRawBufferPointer(rebasing: output[..<target.pos])) }
            isFull = target.pos == target.size && expected > 0
        }
    }

    /// Call at the end of the input: throws if a frame is incomplete.
    package func finish() throws(ZstdError) {
        if expected > 0 { throw .truncated }
    }
}
