import CPluginAPI

/// Decodes lines of a foreign format into events. It remembers nothing between lines, so that reading can go on after
/// any line, and depends on the line alone.
public protocol Source {
    /// As a reducer's id; unique in the host.
    var id: String { get }

    /// Decodes one line, without its line feed. A line that holds no event (blank, a comment) emits nothing; one that
    /// is not of the format throws, and goes to the dead letters with the reason.
    func decode(_ line: Text, into output: SourceOutput) throws
}

/// An event as a source gives it.
public struct SourceEvent {
    /// One JSON object, kept as it is.
    public var payload: Text
    /// Whose event it is; empty if nobody's.
    public var actor: String
    /// Empty: the payload's `event_type` or `event`.
    public var type: String
    /// When it happened; nil: the payload's own time.
    public var time: Timestamp?
    /// How exactly `time` is known.
    public var precision: TimePrecision
    /// What the source adds; these win over the payload's fields of the same names.
    public var fields: [(name: StaticString, value: Cell)]

    public init(
        payload: Text, actor: String = "", type: String = "", time: Timestamp? = nil,
        precision: TimePrecision = .microsecond, fields: [(name: StaticString, value: Cell)] = []
    ) {
        self.payload = payload
        self.actor = actor
        self.type = type
        self.time = time
        self.precision = precision
        self.fields = fields
    }
}

/// How exactly a time is known.
public enum TimePrecision: UInt32, Sendable {
    case unknown, day, second, millisecond, microsecond
}

/// Takes the events of one line.
public struct SourceOutput {
    private let take: (SourceEvent) -> Void

    /// An output that hands each event to `take`, for the call: a test's, for instance.
    public init(_ take: @escaping (SourceEvent) -> Void) { self.take = take }

    /// One event of the line; its texts are copied.
    public func emit(_ event: SourceEvent) { take(event) }
}

extension SourceEvent {
    /// Gives the event to the host.
    fileprivate func emit(to output: UnsafePointer<lectern_source_output>) {
        var declared = lectern_source_event()
        declared.size = UInt32(MemoryLayout<lectern_source_event>.size)
        declared.payload = lectern_text(payload)
        if let time {
            declared.flags = LECTERN_TIME_CLAIMED
            declared.time = time.microseconds
            declared.precision = precision.rawValue
        }
        var (actor, type) = (actor, type)
        actor.withUTF8 { actor in
            type.withUTF8 { type in
                declared.actor = lectern_text(actor)
                declared.type = lectern_text(type)
                Cell.withValues(fields.map(\.value)) { values in
                    let fields = fields.enumerated().map { index, field in
                        lectern_source_field(name: lectern_text(Text(field.name)), value: values[index])
                    }
                    fields.withUnsafeBufferPointer { fields in
                        declared.field_count = UInt32(fields.count)
                        declared.fields = fields.baseAddress
                        output.pointee.emit?(output.pointee.context, &declared)
                    }
                }
            }
        }
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
                let output = output!
                do {
                    try context.source.decode(Text(line), into: SourceOutput { $0.emit(to: output) })
                } catch {
                    var reason = "\(error)"
                    reason.withUTF8 { output.pointee.reject?(output.pointee.context, lectern_text($0)) }
                }
            }
        }
        return Permanent.value(table)
    }
}
