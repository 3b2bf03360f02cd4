package import CPluginAPI
import CRecords

/// What every event says of itself, read from a row of extracted fields.
///
/// The type is `event_type` or, where that is no text, `event`. The time is the first that can be read of
/// `timestamp`, `time`, `metadata.iso_ts` and `metadata.ts`: an RFC 3339 text, or a number of milliseconds since
/// 1970.
package struct EnvelopeReader {
    /// The fields that every event is searched for.
    package static let paths = typePaths + timePaths
    private static let typePaths = ["event_type", "event"]
    private static let timePaths = ["timestamp", "time", "metadata.iso_ts", "metadata.ts"]

    /// Why an event without a type is refused.
    package static let missingType = "it has no type: neither `event_type` nor `event` is a text that is not empty"

    // Inline: an event costs no reference counting here.
    private let types: InlineArray<2, Int>
    private let times: InlineArray<4, Int>
    private let actors: InlineArray<8, Int>
    private let actorCount: Int

    /// The most fields that can be asked for the actor.
    package static let maximumActors = 8

    /// Declares the envelope's fields. `actors` are the fields that may hold the actor's id, at most `maximumActors`;
    /// the first non-empty text counts.
    package init(_ extractor: FieldExtractor, actors: [String]) {
        types = InlineArray { extractor.add(Self.typePaths[$0]) }
        times = InlineArray { extractor.add(Self.timePaths[$0]) }
        precondition(actors.count <= Self.maximumActors)
        self.actors = InlineArray { $0 < actors.count ? extractor.add(actors[$0]) : 0 }
        actorCount = actors.count
    }

    /// The event's type, or nil if it names none.
    @inline(__always)
    package func type(of row: UnsafePointer<lectern_value>) -> UnsafeRawBufferPointer? {
        for index in types.indices {
            if let text = Self.text(row[types[index]]) { return text }
        }
        return nil
    }

    /// The actor that the event names, or nil.
    @inline(__always)
    package func actor(of row: UnsafePointer<lectern_value>) -> UnsafeRawBufferPointer? {
        for index in 0..<actorCount {
            if let text = Self.text(row[actors[index]]) { return text }
        }
        return nil
    }

    /// When the event happened, as it claims: microseconds since 1970 UTC and the precision of what it gave. Nil if
    /// it gives no time that can be read.
    package func time(of row: UnsafePointer<lectern_value>) -> (microseconds: Int64, precision: UInt8)? {
        for index in times.indices {
            let value = row[times[index]]
            switch value.tag {
            case LECTERN_TEXT:
                var microseconds: Int64 = 0
                var precision: UInt8 = 0
                if lectern_parse_timestamp(value.as.text, Int(value.length), &microseconds, &precision) == 1 {
                    return (microseconds, precision)
                }
            case LECTERN_INTEGER:
                if let time = Self.fromMilliseconds(Double(value.as.integer)) { return time }
            case LECTERN_NUMBER:
                if let time = Self.fromMilliseconds(value.as.number) { return time }
            default: break
            }
        }
        return nil
    }

    /// Years 1 to 9999, as for texts: a number beyond them is no time.
    private static func fromMilliseconds(_ milliseconds: Double) -> (microseconds: Int64, precision: UInt8)? {
        guard milliseconds >= -62_135_596_800_000, milliseconds < 253_402_300_800_000 else { return nil }
        return (Int64((milliseconds * 1000).rounded(.down)), UInt8(LECTERN_PRECISION_MILLISECOND))
    }

    @inline(__always)
    private static func text(_ value: lectern_value) -> UnsafeRawBufferPointer? {
        guard value.tag == LECTERN_TEXT && value.length > 0 else { return nil }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(value.as.text), count: Int(value.length))
    }
}
