import PluginAPI

/// An edX tracking log: a JSON object a line, with or without what the logger writes before it. Blank lines and lines
/// that begin with `#` hold nothing.
///
/// The actor is the `username`, the type the `event_type`, the time the `time` (UTC if it names no zone). The source
/// adds `course`, if the event tells it. What the event holds as its data, `event`, is not looked at: browsers send a
/// text there, of JSON or of a form's fields, and long ones arrive cut off.
package struct TrackingLog: Source {
    package let id = "edx-tracking"

    package init() {}

    package func decode(_ line: Text, into output: SourceOutput) throws {
        let line = line.trimmed
        if line.isEmpty || line.hasPrefix("#") { return }
        guard let start = line.firstIndex(of: UInt8(ascii: "{")) else {
            throw EventError(field: "line", expected: "a JSON object", found: "“\(line.prefix(40))”")
        }
        let payload = line.dropFirst(start)
        let tracked = try TrackedEvent(payload)
        var event = SourceEvent(payload: payload, actor: tracked.username, type: tracked.type)
        event.time = tracked.time.flatMap(TrackingLog.timestamp)
        if let course = tracked.course { event.fields = [("course", .string(course))] }
        output.emit(event)
    }

    private static func timestamp(_ text: String) -> Timestamp? {
        func parse(_ text: String) -> Timestamp? {
            var text = text
            return text.withUTF8 { Timestamp(rfc3339: Text(start: $0.baseAddress, count: $0.count)) }
        }
        return parse(text) ?? parse(text + "Z")
    }
}
