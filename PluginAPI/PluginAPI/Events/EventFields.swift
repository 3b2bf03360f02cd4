public import CPluginAPI

/// Fields of an event. Each of these finds a field by its name, or by its path (`context.course_id`; a step into a
/// text goes on in the JSON that the text holds), and throws an `EventError` that says field, found and expected. The
/// `optional…` ones give nil where the event lacks the field or has null there; a wrong type or value is an error all
/// the same.
extension Event {
    /// A whole number; `3.0` is none.
    @inlinable
    @inline(__always)
    public func integer(_ name: StaticString, in range: ClosedRange<Int> = .min ... .max) throws(EventError) -> Int {
        let value = value(name)
        guard value.tag == LECTERN_INTEGER, range.contains(Int(value.as.integer)) else {
            throw EventError.wrong(name, value, expected: "an integer", in: range)
        }
        return Int(value.as.integer)
    }

    @inlinable
    @inline(__always)
    public func integer(_ name: StaticString, in range: PartialRangeFrom<Int>) throws(EventError) -> Int {
        try integer(name, in: range.lowerBound ... .max)
    }

    @inlinable
    public func optionalInteger(
        _ name: StaticString, in range: ClosedRange<Int> = .min ... .max
    ) throws(EventError) -> Int? {
        try has(name) ? integer(name, in: range) : nil
    }

    /// A number, whole or not; never infinite, never NaN.
    @inlinable
    @inline(__always)
    public func number(
        _ name: StaticString,
        in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    ) throws(EventError) -> Double {
        let value = value(name)
        let number = value.tag == LECTERN_NUMBER ? value.as.number : Double(value.as.integer)
        guard value.tag == LECTERN_NUMBER || value.tag == LECTERN_INTEGER, range.contains(number) else {
            throw EventError.wrong(name, value, expected: "a number", in: range)
        }
        return number
    }

    @inlinable
    public func optionalNumber(
        _ name: StaticString,
        in range: ClosedRange<Double> = -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    ) throws(EventError) -> Double? {
        try has(name) ? number(name, in: range) : nil
    }

    /// A text, borrowed; `length` is in bytes.
    @inlinable
    @inline(__always)
    public func text(_ name: StaticString, length: ClosedRange<Int> = 0 ... .max) throws(EventError) -> Text {
        let value = value(name)
        guard value.tag == LECTERN_TEXT, length.contains(Int(value.length)) else {
            throw EventError.wrong(name, value, expected: "a text", bytes: length)
        }
        return Text(start: value.as.text, count: Int(value.length))
    }

    @inlinable
    @inline(__always)
    public func text(_ name: StaticString, length: PartialRangeFrom<Int>) throws(EventError) -> Text {
        try text(name, length: length.lowerBound ... .max)
    }

    @inlinable
    public func optionalText(
        _ name: StaticString, length: ClosedRange<Int> = 0 ... .max
    ) throws(EventError) -> Text? {
        try has(name) ? text(name, length: length) : nil
    }

    /// A text, borrowed, or nil where the event has none, whatever else it has there.
    @inlinable
    @inline(__always)
    public func textIfAny(_ name: StaticString) -> Text? {
        let value = value(name)
        return value.tag == LECTERN_TEXT ? Text(start: value.as.text, count: Int(value.length)) : nil
    }

    /// A text, copied, so that it may be kept.
    @inlinable
    public func string(_ name: StaticString, length: ClosedRange<Int> = 0 ... .max) throws(EventError) -> String {
        try text(name, length: length).string
    }

    @inlinable
    public func optionalString(
        _ name: StaticString, length: ClosedRange<Int> = 0 ... .max
    ) throws(EventError) -> String? {
        try has(name) ? string(name, length: length) : nil
    }

    @inlinable
    @inline(__always)
    public func boolean(_ name: StaticString) throws(EventError) -> Bool {
        let value = value(name)
        guard value.tag == LECTERN_TRUE || value.tag == LECTERN_FALSE else {
            throw EventError.wrong(name, value, expected: "true or false")
        }
        return value.tag == LECTERN_TRUE
    }

    @inlinable
    public func optionalBoolean(_ name: StaticString) throws(EventError) -> Bool? {
        try has(name) ? boolean(name) : nil
    }

    /// An RFC 3339 time stamp.
    @inlinable
    public func time(_ name: StaticString) throws(EventError) -> Timestamp {
        guard let time = Timestamp(rfc3339: try text(name)) else {
            throw EventError.wrong(name, value(name), expected: "an RFC 3339 time, like 2025-01-26T10:30:00Z")
        }
        return time
    }

    @inlinable
    public func optionalTime(_ name: StaticString) throws(EventError) -> Timestamp? {
        try has(name) ? time(name) : nil
    }

    /// An array or object, as compact JSON text, borrowed.
    @inlinable
    public func json(_ name: StaticString) throws(EventError) -> Text {
        let value = value(name)
        guard value.tag == LECTERN_JSON else {
            throw EventError.wrong(name, value, expected: "an array or object")
        }
        return Text(start: value.as.text, count: Int(value.length))
    }

    /// Whether the event has the field, even if null.
    @inlinable
    @inline(__always)
    public func contains(_ name: StaticString) -> Bool { value(name).tag != LECTERN_MISSING }

    /// Whether the event has the field, and not null there.
    @inlinable
    @inline(__always)
    public func has(_ name: StaticString) -> Bool { value(name).tag > LECTERN_NULL }

    /// The text of a field whose name is known only at run time, or nil if there is no text. Slower than with a
    /// literal.
    public func text(named name: String) -> Text? {
        var name = name
        let value = name.withUTF8 { self.value(named: Text(start: $0.baseAddress, count: $0.count)) }
        return value.tag == LECTERN_TEXT ? Text(start: value.as.text, count: Int(value.length)) : nil
    }
}
