import CPluginAPI
import Records

/// What a session sets for each of its events: locked members over the event's own, `server` and `auth` over both, each as a
/// whole. Not thread-safe.
final class SessionFields {
    /// JSON objects, the later ones winning, each with `FieldExtractor.padding` readable bytes after it.
    private let texts: [UnsafeMutableRawBufferPointer]
    private var generation = -1
    /// The slots that the session sets; their texts are in `kept`.
    private var values: [(slot: Int, value: lectern_value)] = []
    private var kept: [UnsafeMutableRawPointer] = []

    private static let untouched = UInt32.max

    /// - Parameter record: the payload of a session record.
    init(record: UnsafeRawBufferPointer) {
        let whole = Self.padded(record)
        let reader = FieldExtractor()
        let slot = reader.add("locked")
        var row = lectern_value()
        if reader.extract(UnsafeRawBufferPointer(whole), into: &row) == nil, slot == 0, row.tag == LECTERN_JSON {
            texts = [Self.padded(row.text!), whole]
        } else {
            texts = [whole]
        }
    }

    deinit {
        for text in texts { text.deallocate() }
        for text in kept { text.deallocate() }
    }

    private static func padded(_ text: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count + FieldExtractor.padding, alignment: 8)
        copy.initializeMemory(as: UInt8.self, repeating: 0)
        copy.copyMemory(from: text)
        return UnsafeMutableRawBufferPointer(rebasing: copy[..<text.count])
    }

    /// Lays the session's fields over a row of the shard's.
    @inline(__always)
    func apply(to row: UnsafeMutablePointer<lectern_value>, _ fields: FieldList) {
        if generation != fields.generation { learn(fields) }
        for (slot, value) in values { row[slot] = value }
    }

    /// As `apply`, by any extractor: each text is parsed again.
    func overlay(_ extractor: FieldExtractor, onto row: UnsafeMutablePointer<lectern_value>) {
        for text in texts { _ = extractor.overlay(UnsafeRawBufferPointer(text), onto: row) }
    }

    /// Finds out which of the shard's fields the session sets, once for all its events.
    private func learn(_ fields: FieldList) {
        generation = fields.generation
        values = []
        for text in kept { text.deallocate() }
        kept = []
        let count = fields.extractor.count
        withUnsafeTemporaryAllocation(of: lectern_value.self, capacity: count) { row in
            for slot in 0..<count {
                row.initializeElement(at: slot, to: lectern_value(tag: Self.untouched, length: 0, as: .init()))
            }
            overlay(fields.extractor, onto: row.baseAddress!)
            for slot in 0..<count where row[slot].tag != Self.untouched {
                var value = row[slot]
                if let text = value.text {
                    let copy = UnsafeMutableRawPointer.allocate(byteCount: max(text.count, 1), alignment: 1)
                    // An empty text may be nowhere.
                    if let start = text.baseAddress { copy.copyMemory(from: start, byteCount: text.count) }
                    kept.append(copy)
                    value.as.text = UnsafePointer(copy.assumingMemoryBound(to: CChar.self))
                }
                values.append((slot, value))
            }
        }
    }
}
