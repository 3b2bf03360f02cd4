import CPluginAPI
import CRecords
package import PluginHost
import Records
import Synchronization

/// The host's own source: reads what `ExportedEvents` has written, so that `lectern fold lectern-log=FILE` and `lectern replay
/// lectern-log=FILE` take a log's events back in. All members: any thread.
package final class ExportSource: SourceDecoding {
    package static let id = "lectern-log"

    package var id: String { Self.id }

    /// Takes the members of one line after the other.
    ///
    /// `@unchecked Sendable`: it is used under the lock of `reader` alone.
    private final class Reader: @unchecked Sendable {
        let extractor = FieldExtractor()
        let type: Int, actor: Int, time: Int, precision: Int, fields: Int, payload: Int
        let row: UnsafeMutablePointer<lectern_value>

        init() {
            type = extractor.add("type")
            actor = extractor.add("actor")
            time = extractor.add("time")
            precision = extractor.add("precision")
            fields = extractor.add("fields")
            payload = extractor.add("payload")
            row = .allocate(capacity: extractor.count)
            row.initialize(repeating: lectern_value(), count: extractor.count)
        }

        deinit { row.deallocate() }

        func decode(_ line: UnsafeRawBufferPointer) -> SourceOutcome {
            defer { extractor.reset() }
            if let reason = extractor.extract(line, into: row) {
                return .rejected(reason: "not a line of `lectern log export`: \(reason)")
            }
            guard let payload = object(payload), let time = moment else {
                return .rejected(
                    reason:
                        "not a line of `lectern log export`: expected `payload`, an object, and `time`, a time stamp")
            }
            let word = TimePrecision(rawValue: String(decoding: text(precision), as: UTF8.self))
            return .event(
                SourceEvent(
                    payload: payload, actor: text(actor), type: text(type), time: time.microseconds,
                    precision: word?.code ?? time.precision, fields: object(fields) ?? []))
        }

        private var moment: (microseconds: Int64, precision: UInt8)? {
            var microseconds: Int64 = 0
            var precision: UInt8 = 0
            guard row[time].tag == LECTERN_TEXT,
                lectern_parse_timestamp(row[time].as.text, Int(row[time].length), &microseconds, &precision) == 1
            else { return nil }
            return (microseconds, precision)
        }

        private func text(_ slot: Int) -> [UInt8] {
            row[slot].tag == LECTERN_TEXT ? row[slot].text.map { Array($0) } ?? [] : []
        }

        private func object(_ slot: Int) -> [UInt8]? {
            guard row[slot].tag == LECTERN_JSON, let text = row[slot].text, text.first == UInt8(ascii: "{") else {
                return nil
            }
            return Array(text)
        }
    }

    private let reader = Mutex(Reader())

    package init() {}

    package func decode(_ line: UnsafeRawBufferPointer) -> [SourceOutcome] {
        // A line that is empty holds nothing.
        if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return [] }
        return [reader.withLock { $0.decode(line) }]
    }
}
