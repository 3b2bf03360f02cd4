public import Glibc

/// UTF-8 text in the host's memory: a pointer and a length, so that looking at it costs nothing.
///
/// Texts that an `Event` gives live as long as its batch: an `EventInput` may keep one for its reducers, a state may
/// not; make a `String` of what has to stay. Texts are compared by their bytes.
@frozen
public struct Text {
    @usableFromInline let start: UnsafeRawPointer?
    /// The length in bytes.
    public let count: Int

    /// The text of `count` bytes at `start`, which must be UTF-8 and outlive the value.
    @inlinable
    public init(start: UnsafeRawPointer?, count: Int) {
        self.start = start
        self.count = count
    }

    /// The text of a literal.
    @inlinable
    public init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The bytes.
    @inlinable
    public var utf8: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// A copy that may be kept.
    @inlinable
    public var string: String { String(decoding: utf8, as: UTF8.self) }

    @inlinable
    @inline(__always)
    public func hasPrefix(_ prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return count >= length && Text(start: start, count: length) == prefix
    }

    @inlinable
    @inline(__always)
    public func hasSuffix(_ suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        return count >= length && Text(start: start.map { $0 + (count - length) }, count: length) == suffix
    }

    /// The first `length` bytes, or all of it if it is shorter.
    @inlinable
    public func prefix(_ length: Int) -> Text { Text(start: start, count: min(max(length, 0), count)) }

    /// All but the first `length` bytes.
    @inlinable
    public func dropFirst(_ length: Int) -> Text {
        let dropped = min(max(length, 0), count)
        return Text(start: start.map { $0 + dropped }, count: count - dropped)
    }

    /// Without the ASCII white space at both ends.
    public var trimmed: Text {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
        let bytes = utf8
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return prefix(0) }
        return dropFirst(first).prefix(last - first + 1)
    }

    /// The position of the first such byte at or after `from`.
    @inlinable
    public func firstIndex(of byte: UInt8, from: Int = 0) -> Int? {
        var index = from
        while index < count {
            if utf8[index] == byte { return index }
            index += 1
        }
        return nil
    }
}

extension Text: Hashable, Comparable {
    @inlinable
    public static func == (left: Text, right: Text) -> Bool {
        left.count == right.count && (left.count == 0 || memcmp(left.start!, right.start!, left.count) == 0)
    }

    @inlinable
    @inline(__always)
    public static func == (left: Text, right: StaticString) -> Bool {
        let length = right.utf8CodeUnitCount
        return left.count == length && (length == 0 || memcmp(left.start!, right.utf8Start, length) == 0)
    }

    @inlinable
    public static func != (left: Text, right: StaticString) -> Bool { !(left == right) }

    @inlinable
    public static func == (left: Text, right: String) -> Bool {
        left.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    /// Makes `switch text { case "login": … }` work.
    @inlinable
    @inline(__always)
    public static func ~= (pattern: StaticString, text: Text) -> Bool { text == pattern }

    @inlinable
    public static func < (left: Text, right: Text) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    @inlinable
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes: utf8) }
}

extension Text: ExpressibleByStringLiteral {
    @inlinable
    public init(stringLiteral literal: StaticString) { self.init(literal) }
}

extension Text: CustomStringConvertible {
    public var description: String { string }
}

extension String {
    /// A copy of borrowed text.
    @inlinable
    public init(_ text: Text) { self = text.string }
}
