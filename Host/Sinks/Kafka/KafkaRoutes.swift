import CPluginAPI
import Records

/// The topics of routes. Not thread-safe.
final class KafkaRoutes {
    private let topics: [String: [CChar]]
    private let extractor = FieldExtractor()
    private let slot: Int
    private let row: UnsafeMutablePointer<lectern_value>

    init(_ topics: [String: String]) {
        self.topics = topics.mapValues { Array($0.utf8CString) }
        slot = extractor.add("server.filters.routes")
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
    }

    deinit { row.deallocate() }

    /// The topic of the first of an event's routes that has one.
    ///
    /// - Parameter changes: what filter rules lay over the event; `FieldExtractor.padding` readable bytes follow.
    func topic(_ changes: UnsafeRawBufferPointer) -> [CChar]? {
        guard !changes.isEmpty, extractor.extract(changes, into: row) == nil else { return nil }
        defer { extractor.reset() }
        guard row[slot].tag == LECTERN_JSON, let text = row[slot].as.text else { return nil }
        let list = UnsafeRawBufferPointer(start: text, count: Int(row[slot].length))
        // A list of names, which have no quotes in them.
        for name in list.split(separator: UInt8(ascii: "\"")) {
            if let topic = topics[String(decoding: name, as: UTF8.self)] { return topic }
        }
        return nil
    }
}
