/// Reads CBOR, item by item. What it reads was stored, so it trusts nothing: every length is checked.
@frozen
public struct StateReader {
    @usableFromInline var position: UnsafeRawPointer
    @usableFromInline let limit: UnsafeRawPointer

    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        // No byte is read of an empty buffer, so any address will do.
        position = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        limit = position + bytes.count
    }

    /// Consumes a null, if the next item is one.
    @inlinable
    public mutating func null() -> Bool {
        guard position < limit, position.load(as: UInt8.self) == 0xf6 else { return false }
        position += 1
        return true
    }

    public mutating func boolean() throws -> Bool {
        let (major, argument) = try head()
        guard major == 7, argument == 20 || argument == 21 else { throw unexpected("true or false", major, argument) }
        return argument == 21
    }

    public mutating func integer() throws -> Int64 {
        let (major, argument) = try head()
        guard major <= 1, argument <= UInt64(Int64.max) else { throw unexpected("a 64-bit integer", major, argument) }
        return major == 0 ? Int64(argument) : ~Int64(argument)
    }

    public mutating func unsigned() throws -> UInt64 {
        let (major, argument) = try head()
        guard major == 0 else { throw unexpected("an integer from 0", major, argument) }
        return argument
    }

    /// A borrowed text.
    public mutating func text() throws -> Text {
        let (major, argument) = try head()
        guard major == 3 else { throw unexpected("a text", major, argument) }
        return Text(start: try take(argument), count: Int(argument))
    }

    /// Borrowed bytes.
    public mutating func bytes() throws -> UnsafeRawBufferPointer {
        let (major, argument) = try head()
        guard major == 2 else { throw unexpected("bytes", major, argument) }
        return UnsafeRawBufferPointer(start: try take(argument), count: Int(argument))
    }

    /// The number of items of an array; they follow.
    public mutating func array() throws -> Int {
        let (major, argument) = try head()
        guard major == 4, argument <= UInt64(limit - position) else { throw unexpected("an array", major, argument) }
        return Int(argument)
    }

    /// A map, read past as a whole.
    public mutating func map() throws -> StateMap {
        let (major, argument) = try head()
        guard major == 5, argument <= UInt64(limit - position) else { throw unexpected("a map", major, argument) }
        let start = position
        for _ in 0..<2 * argument { try skip() }
        return StateMap(
            bytes: UnsafeRawBufferPointer(start: start, count: position - start), count: Int(argument))
    }

    /// Throws if anything is left.
    public func end() throws {
        guard position == limit else { throw StateError(expected: "the end", found: "\(limit - position) bytes more") }
    }

    /// Reads past one item.
    public mutating func skip() throws {
        var items: UInt64 = 1
        while items > 0 {
            items -= 1
            let (major, argument) = try head()
            switch major {
            case 2, 3: _ = try take(argument)
            case 4, 5:
                guard argument <= UInt64(limit - position) else {
                    throw StateError(expected: "\(argument) entries", found: "\(limit - position) bytes")
                }
                items += major == 4 ? argument : 2 * argument
            case 6: items += 1
            default: break
            }
        }
    }

    /// Reads past an item that this process has just written.
    mutating func skipKnown() {
        do { try skip() } catch { preconditionFailure("what was written can't be read: \(error)") }
    }

    /// The next item's major type and argument; for a float (major type 7, beyond 24) the bits that it has.
    mutating func head() throws -> (major: UInt8, argument: UInt64) {
        guard position < limit else { throw StateError(expected: "an item", found: "the end") }
        let first = position.load(as: UInt8.self)
        let short = first & 31
        position += 1
        if short < 24 { return (first >> 5, UInt64(short)) }
        switch short {
        case 24: return (first >> 5, UInt64(try take(1).load(as: UInt8.self)))
        case 25: return (first >> 5, UInt64(UInt16(bigEndian: try take(2).loadUnaligned(as: UInt16.self))))
        case 26: return (first >> 5, UInt64(UInt32(bigEndian: try take(4).loadUnaligned(as: UInt32.self))))
        case 27: return (first >> 5, UInt64(bigEndian: try take(8).loadUnaligned(as: UInt64.self)))
        default: throw StateError(expected: "an item of definite length", found: "the byte \(first)")
        }
    }

    mutating func take(_ length: UInt64) throws -> UnsafeRawPointer {
        guard length <= UInt64(limit - position) else {
            throw StateError(expected: "\(length) bytes", found: "\(limit - position)")
        }
        let start = position
        position += Int(length)
        return start
    }

    func unexpected(_ expected: String, _ major: UInt8, _ argument: UInt64) -> StateError {
        let found =
            switch major {
            case 0: "the integer \(argument)"
            case 1: "the integer -\(argument &+ 1)"
            case 2: "bytes"
            case 3:
                argument <= UInt64(limit - position)
                    ? "the text \"\(Text(start: position, count: Int(argument)).prefix(60))\""
                    : "a text that is cut off"
            case 4: "an array"
            case 5: "a map"
            case 6: "a tag"
            default: [20: "false", 21: "true", 22: "null"][argument] ?? "a number"
            }
        return StateError(expected: expected, found: found)
    }
}
