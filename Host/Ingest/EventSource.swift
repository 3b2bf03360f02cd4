import CRecords
import Records

/// A source plugin's component, as ingest needs it: turns lines of a foreign format into events.
///
/// Called on any thread, on several at once; remembers nothing between lines.
package protocol EventSource: Sendable {
    /// The id by which a client names it: `?source=ID`.
    var id: String { get }

    /// Decodes one line, without its line feed, into `decoded`, which is empty. The line may hold no event, one or
    /// several.
    func decode(_ line: UnsafeRawBufferPointer, into decoded: inout DecodedLine)
}

/// What a source made of one line. Reused from line to line: all bytes lie in one buffer.
package struct DecodedLine: ~Copyable {
    /// An event, as ranges of the buffer.
    package struct Event {
        var payload: Range<Int>
        var actor: Range<Int>
        var type: Range<Int>
        var fields: Range<Int>
        var time: ClaimedTime?
    }

    /// When an event happened, as the line says.
    package struct ClaimedTime {
        package var microseconds: Int64
        /// `LECTERN_PRECISION_...`
        package var precision: UInt8

        package init(microseconds: Int64, precision: UInt8) {
            self.microseconds = microseconds
            self.precision = precision
        }
    }

    package private(set) var events: [Event] = []
    /// Why the line is none of the format's. Its events, if any were added, do not count then.
    package private(set) var rejection: String?
    private var bytes = Bytes()

    package init() {}

    /// Adds an event. `payload` is one JSON object; `fields` is empty or a JSON object of what the source adds, which
    /// wins over the payload; an empty `actor` says that it is nobody's, an empty `type` and no `time` that the
    /// payload's own count. All bytes are copied.
    package mutating func add(
        payload: UnsafeRawBufferPointer, actor: UnsafeRawBufferPointer, type: UnsafeRawBufferPointer,
        fields: UnsafeRawBufferPointer, time: ClaimedTime?
    ) {
        events.append(
            Event(
                payload: copy(payload), actor: copy(actor), type: copy(type), fields: copy(fields), time: time))
        // The parser reads on beyond the last payload.
        _ = lectern_bytes_room(&bytes.raw, FieldExtractor.padding)
    }

    /// Says that the line is none of the format's.
    package mutating func reject(_ reason: String) {
        if rejection == nil { rejection = reason }
    }

    mutating func clear() {
        events.removeAll(keepingCapacity: true)
        rejection = nil
        bytes.truncate()
    }

    /// The bytes of a range of an event. Valid until the line is cleared; readable FieldExtractor.padding bytes
    /// further.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.contents[range])
    }

    private mutating func copy(_ source: UnsafeRawBufferPointer) -> Range<Int> {
        let start = bytes.count
        bytes.append(source)
        return start..<bytes.count
    }
}
