import Records
import Testing

@Suite struct CompressionTests {
    private static let texts: [[UInt8]] = [
        [], [1], Array("a line\n".utf8), (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) },
        [UInt8](repeating: 7, count: 5_000_000),
    ]

    private func zstd(_ text: [UInt8], pieces: Int) throws -> [UInt8] {
        var deflater = ZstdDeflater(level: 3)
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: pieces) {
            try text[start..<min(start + pieces, text.count)].withUnsafeBytes { piece in
                try deflater.deflate(piece) { bytes += $0 }
            }
        }
        try deflater.finish { bytes += $0 }
        return bytes
    }

    private func unzstd(_ bytes: [UInt8], pieces: Int) throws -> [UInt8] {
        var inflater = ZstdInflater()
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { piece in
                try inflater.inflate(piece) { text += $0 }
            }
        }
        try inflater.finish()
        return text
    }

    @Test(arguments: texts.indices)
    func zstdGivesBackWhatItWasGiven(index: Int) throws {
        let text = Self.texts[index]
        for pieces in [4_096, 1 << 20] { #expect(try unzstd(zstd(text, pieces: pieces), pieces: pieces) == text) }
    }

    @Test(arguments: texts.indices)
    func gzipGivesBackWhatItWasGiven(index: Int) throws {
        let text = Self.texts[index]
        var deflater = GzipDeflater()
        var bytes: [UInt8] = []
        text.withUnsafeBytes { input in deflater.deflate(input) { bytes += $0 } }
        deflater.finish { bytes += $0 }
        #expect(try GzipInflater.inflate(bytes, limit: 1 << 30) == text)
    }

    @Test func severalZstdFramesAreOneText() throws {
        let bytes = try zstd([1, 2], pieces: 10) + zstd([3], pieces: 10)
        #expect(try unzstd(bytes, pieces: 1) == [1, 2, 3])
    }

    @Test func zstdThatIsCutOrChangedIsRefused() throws {
        let text = Array("some text that is long enough to be compressed, long enough".utf8)
        let bytes = try zstd(text, pieces: 100)
        for end in 1..<bytes.count {
            #expect(throws: ZstdError.truncated) { try unzstd(Array(bytes[..<end]), pieces: 1_000) }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x10
            // A few bits say nothing.
            let found = try? unzstd(changed, pieces: 1_000)
            #expect(found == nil || found == text)
        }
        var changed = bytes
        changed[bytes.count - 1] ^= 1
        #expect(throws: ZstdError.self) { try unzstd(changed, pieces: 1_000) }
        #expect(throws: ZstdError.self) { try unzstd(Array("no zstd at all".utf8), pieces: 100) }
    }
}
