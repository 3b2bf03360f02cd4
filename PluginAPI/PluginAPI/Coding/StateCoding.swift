/// A state that is written and read by hand: several times as fast as its synthesised `Codable` form.
///
///     extension Attempts: StateCoding {
///         func encode(into writer: inout StateWriter) {
///             writer.map { map in
///                 map.field("count", count)
///                 map.field("last", last)
///             }
///         }
///         init(from reader: inout StateReader) throws {
///             var map = try reader.map()
///             count = try map.read("count")
///             last = try map.read("last")
///         }
///     }
///
/// Exactly one item is written. It may also be part of a state that is `Codable`.
public protocol StateCoding: Codable {
    func encode(into writer: inout StateWriter)
    init(from reader: inout StateReader) throws
}

extension StateCoding {
    public func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? StateEncoder else {
            let context = EncodingError.Context(
                codingPath: encoder.codingPath, debugDescription: "\(Self.self) can be encoded as state only")
            throw EncodingError.invalidValue(self, context)
        }
        encoder.encodeByHand(self)
    }

    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? StateDecoder else {
            let context = DecodingError.Context(
                codingPath: decoder.codingPath, debugDescription: "\(Self.self) can be decoded from state only")
            throw DecodingError.dataCorrupted(context)
        }
        self = try decoder.decodeByHand(Self.self)
    }
}

/// Why stored bytes are not what is to be read.
public struct StateError: Error, CustomStringConvertible {
    public let expected: String
    public let found: String

    public var description: String { "expected \(expected), found \(found)" }
}

extension Int: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.integer(Int64(self)) }
    @inlinable
    public init(from reader: inout StateReader) throws { self = Int(try reader.integer()) }
}

extension Int64: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.integer(self) }
    @inlinable
    public init(from reader: inout StateReader) throws { self = try reader.integer() }
}

extension UInt64: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.unsigned(self) }
    @inlinable
    public init(from reader: inout StateReader) throws { self = try reader.unsigned() }
}

extension Int128: StateCoding {
    public func encode(into writer: inout StateWriter) { writer.wide(self) }
    public init(from reader: inout StateReader) throws { self = try reader.wide() }
}

extension Double: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.number(self) }
    @inlinable
    public init(from reader: inout StateReader) throws { self = try reader.number() }
}

extension Bool: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.boolean(self) }
    @inlinable
    public init(from reader: inout StateReader) throws { self = try reader.boolean() }
}

extension String: StateCoding {
    public func encode(into writer: inout StateWriter) { writer.text(self) }
    public init(from reader: inout StateReader) throws { self = try reader.text().string }
}

extension Optional: StateCoding where Wrapped: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) {
        if let value = self { value.encode(into: &writer) } else { writer.null() }
    }
    @inlinable
    public init(from reader: inout StateReader) throws {
        self = reader.null() ? nil : try Wrapped(from: &reader)
    }
}

extension Array: StateCoding where Element: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) {
        writer.array(count)
        for element in self { element.encode(into: &writer) }
    }
    @inlinable
    public init(from reader: inout StateReader) throws {
        self = []
        for _ in 0..<(try reader.array()) { append(try Element(from: &reader)) }
    }
}
