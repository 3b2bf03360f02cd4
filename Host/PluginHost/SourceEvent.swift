import CPluginAPI
import Records

/// An event as a source plugin gives it.
package struct SourceEvent: Sendable {
    /// One JSON object.
    package var payload: [UInt8]
    /// Empty for nobody.
    package var actor: [UInt8]
    /// Empty: the payload says it.
    package var type: [UInt8]
    /// Microseconds since 1970 UTC; nil: the payload says it.
    package var time: Int64?
    /// `LECTERN_PRECISION_...` of `time`.
    package var precision: UInt8
    /// A JSON object of what the source adds, which wins over the payload; empty for nothing.
    package var fields: [UInt8]

    package init(
        payload: [UInt8], actor: [UInt8], type: [UInt8], time: Int64?, precision: UInt8, fields: [UInt8]
    ) {
        self.payload = payload
        self.actor = actor
        self.type = type
        self.time = time
        self.precision = precision
        self.fields = fields
    }
}

/// What became of a line.
package enum SourceOutcome: Sendable {
    case event(SourceEvent)
    case rejected(reason: String)
}

extension SourceComponent {
    /// What one line holds: events, rejections, or nothing. Any thread.
    package func decode(_ line: UnsafeRawBufferPointer) -> [SourceOutcome] {
        let outcomes = Outcomes()
        var output = lectern_source_output()
        output.size = UInt32(MemoryLayout<lectern_source_output>.size)
        output.context = Unmanaged.passUnretained(outcomes).toOpaque()
        output.emit = { context, event in
            Outcomes.of(context).list.append(.event(SourceEvent(event!.pointee)))
        }
        output.reject = { context, reason in Outcomes.of(context).list.append(.rejected(reason: reason.string)) }
        raw.decode(raw.context, lectern_text(line), &output)
        return outcomes.list
    }

    private final class Outcomes {
        var list: [SourceOutcome] = []

        static func of(_ context: UnsafeMutableRawPointer?) -> Outcomes {
            Unmanaged<Outcomes>.fromOpaque(context!).takeUnretainedValue()
        }
    }
}

extension SourceEvent {
    fileprivate init(_ event: lectern_source_event) {
        payload = Array(event.payload.bytes)
        actor = Array(event.actor.bytes)
        type = Array(event.type.bytes)
        time = event.flags & LECTERN_TIME_CLAIMED != 0 ? event.time : nil
        precision = UInt8(truncatingIfNeeded: event.precision)
        guard event.field_count > 0 else {
            fields = []
            return
        }
        var json = Bytes()
        for (index, field) in UnsafeBufferPointer(start: event.fields, count: Int(event.field_count)).enumerated() {
            json.append(byte: index == 0 ? 0x7b : 0x2c)
            json.appendJSON(field.name.bytes)
            json.append(byte: 0x3a)
            json.appendJSON(field.value, asTime: false)
        }
        json.append(byte: 0x7d)
        fields = json.array
    }
}

/// Reads the lines of a source, wherever the plugin runs. Any thread.
package protocol SourceDecoding: Sendable {
    var id: String { get }
    /// What one line holds: events, rejections, or nothing.
    func decode(_ line: UnsafeRawBufferPointer) -> [SourceOutcome]
}

extension SourceComponent: SourceDecoding {}
