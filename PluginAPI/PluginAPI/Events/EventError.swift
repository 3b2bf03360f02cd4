public import CPluginAPI

/// Why an event can't be read: it goes to the dead letters with this text.
public struct EventError: Error, CustomStringConvertible {
    public let field: String
    public let expected: String
    public let found: String

    /// `field` is where it was looked for; `expected` and `found` are in words, as they go into the sentence.
    public init(field: String, expected: String, found: String) {
        self.field = field
        self.expected = expected
        self.found = found
    }

    public var description: String { "\(field): expected \(expected), found \(found)" }
}

extension EventError {
    @usableFromInline
    @inline(never)
    static func wrong(_ name: StaticString, _ value: lectern_value, expected: String) -> EventError {
        EventError(field: "\(name)", expected: expected, found: describe(value))
    }

    @usableFromInline
    @inline(never)
    static func wrong(
        _ name: StaticString, _ value: lectern_value, expected: String, in range: ClosedRange<Int>
    ) -> EventError {
        let whole = range == .min ... .max
        let bounds = range.upperBound == .max ? " from \(range.lowerBound)" : " in \(range)"
        return wrong(name, value, expected: whole ? expected : expected + bounds)
    }

    @usableFromInline
    @inline(never)
    static func wrong(
        _ name: StaticString, _ value: lectern_value, expected: String, in range: ClosedRange<Double>
    ) -> EventError {
        let whole = range.upperBound == .greatestFiniteMagnitude && range.lowerBound == -.greatestFiniteMagnitude
        return wrong(name, value, expected: whole ? expected : "\(expected) in \(range)")
    }

    @usableFromInline
    @inline(never)
    static func wrong(
        _ name: StaticString, _ value: lectern_value, expected: String, bytes length: ClosedRange<Int>
    ) -> EventError {
        if length.lowerBound == 0, length.upperBound == .max { return wrong(name, value, expected: expected) }
        let bounds = length.upperBound == .max ? "at least \(length.lowerBound)" : "\(length)"
        return wrong(name, value, expected: "\(expected) of \(bounds) bytes")
    }

    @usableFromInline
    @inline(never)
    static func noTime() -> EventError {
        EventError(
            field: "time", expected: "a time that the client claims, in RFC 3339", found: "none that can be read")
    }

    private static func describe(_ value: lectern_value) -> String {
        switch value.tag {
        case LECTERN_NULL: "null"
        case LECTERN_FALSE: "false"
        case LECTERN_TRUE: "true"
        case LECTERN_INTEGER: "\(value.as.integer)"
        case LECTERN_NUMBER: "\(value.as.number)"
        case LECTERN_TEXT: "the text \"\(excerpt(value))\""
        case LECTERN_JSON: excerpt(value)
        default: "nothing"
        }
    }

    private static func excerpt(_ value: lectern_value) -> String {
        let text = Text(start: value.as.text, count: Int(value.length))
        return text.count <= 60 ? text.string : text.prefix(60).string + "…"
    }
}
