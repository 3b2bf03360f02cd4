import Glibc
import Records

/// Keeps the texts of a batch where they are until it is folded. Not thread-safe.
final class TextArena {
    private static let chunkSize = 256 << 10
    private var chunks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0
    private var left = 0

    deinit { for chunk in chunks { chunk.deallocate() } }

    /// A copy of the text, `FieldExtractor.padding` readable bytes after it.
    func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let size = text.count + FieldExtractor.padding
        if size > left { add(size) }
        let chunk = chunks[used - 1]
        let start = chunk.baseAddress! + (chunk.count - left)
        if let from = text.baseAddress { memcpy(start, from, text.count) }
        left -= size
        return UnsafeRawBufferPointer(start: start, count: text.count)
    }

    func removeAll() {
        for chunk in chunks.dropFirst() { chunk.deallocate() }
        chunks.removeSubrange(min(1, chunks.count)...)
        used = 0
        left = 0
    }

    private func add(_ size: Int) {
        if used < chunks.count, chunks[used].count < size {
            chunks[used].deallocate()
            chunks.remove(at: used)
        }
        if used == chunks.count {
            let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, Self.chunkSize), alignment: 64)
            chunk.initializeMemory(as: UInt8.self, repeating: 0)
            chunks.append(chunk)
        }
        left = chunks[used].count
        used += 1
    }
}
