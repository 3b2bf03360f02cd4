import CPluginAPI

/// Decodes lines of a foreign format into events. It remembers nothing between lines, so that reading can go on after any
/// line, and depends on the line alone.
public protocol Source {
    /// As a reducer's id; unique in the host.
    var id: String { get }

    /// Decodes one line, without its line feed. A line that holds no event (blank, a comment) emits nothing; one that is not
    /// of the format throws, and goes to the dead letters with the reason.
    func decode(_ line: Text, into output: SourceOutput) throws
}

/// An event as a source gives it.
public struct SourceEvent {
    /// One JSON object, kept as it is.
    public var payload: Text
    /// Whose event it is; empty if nobody's.
    public var actor: Text
    /// Empty: the payload's `event_type` or `event`.
    public var type: Text
    /// When it happened; nil: the payload's own time.
    public var time: Timestamp?
    /// How exactly `time` is known.
    public var precision: TimePrecision
    /// What the source adds; these win over the payload's fields of the same names.
    public var fields: [(name: StaticString, value: Text)]

    public init(
        payload: Text, actor: Text = "", type: Text = "", time: Timestamp? = nil,
        precision: TimePrecision = .microsecond, fields: [(name: StaticString, value: Text)] = []
    ) {
        self.payload = payload
        self.actor = actor
        self.type = type
        self.time = time
        self.precision = precision
        self.fields = fields
    }
}

extension Text: ExpressibleByStringLiteral {
    @inlinable
    public init(stringLiteral literal: StaticString) { self.init(literal) }
}

/// How exactly a time is known.
public enum TimePrecision: UInt32, Sendable {
    case unknown, day, second, millisecond, microsecond
}

/// Takes the events of one line.
public struct SourceOutput {
    let output: UnsafePointer<lectern_source_output>

    /// One event of the line; its texts are copied.
    public func emit(_ event: SourceEvent) {
        var declared = lectern_source_event()
        declared.size = UInt32(MemoryLayout<lectern_source_event>.size)
        declared.payload = lectern_text(event.payload)
        declared.actor = lectern_text(event.actor)
        declared.type = lectern_text(event.type)
        if let time = event.time {
            declared.flags = LECTERN_TIME_CLAIMED
            declared.time = time.microseconds
            declared.precision = event.precision.rawValue
        }
        withUnsafeTemporaryAllocation(of: lectern_source_field.self, capacity: event.fields.count) { fields in
            for (index, (name, value)) in event.fields.enumerated() {
                var cell = lectern_value()
                cell.tag = LECTERN_TEXT
                cell.length = UInt32(value.count)
                cell.as.text = value.utf8.baseAddress?.assumingMemoryBound(to: CChar.self)
                (fields.baseAddress! + index).initialize(
                    to: lectern_source_field(name: lectern_text(Text(name)), value: cell))
            }
            declared.field_count = UInt32(event.fields.count)
            declared.fields = event.fields.isEmpty ? nil : UnsafePointer(fields.baseAddress)
            output.pointee.emit?(output.pointee.context, &declared)
        }
    }

    fileprivate func reject(_ error: any Error) {
        var reason = "\(error)"
        reason.withUTF8 { output.pointee.reject?(output.pointee.context, lectern_text($0)) }
    }
}

private final class SourceContext {
    let source: any Source
    init(_ source: any Source) { self.source = source }
}

extension Source {
    /// Its declaration for the host.
    func declaration() -> UnsafePointer<lectern_source> {
        var table = lectern_source()
        table.size = UInt32(MemoryLayout<lectern_source>.size)
        table.context = Unmanaged.passRetained(SourceContext(self)).toOpaque()
        table.id = Permanent.text(id)
        table.decode = { context, line, output in
            Unmanaged<SourceContext>.fromOpaque(context!)._withUnsafeGuaranteedRef { context in
                let output = SourceOutput(output: output!)
                do { try context.source.decode(Text(line), into: output) } catch { output.reject(error) }
            }
        }
        return Permanent.value(table)
    }
}
