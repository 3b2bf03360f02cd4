/// Reads JSON strictly (RFC 8259, valid UTF-8), value by value, without building a tree. What is skipped is checked
/// too.
///
///     var reader = JSONReader(line)
///     try reader.object { reader, name in
///         switch name {
///         case "username": username = try reader.text()
///         case "context": try reader.object { … }
///         default: try reader.skip()
///         }
///     }
///     try reader.end()
///
/// Not made for the hot path of a reducer: its events come parsed. Made for sources, which see what no one has parsed
/// yet.
public struct JSONReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    private var depth = 0

    /// How deeply objects and arrays may be nested.
    static let deepest = 64

    /// The text must outlive the reader.
    public init(_ text: Text) { bytes = text.utf8 }

    /// What kind of value comes next.
    public enum Kind: Sendable {
        case object, array, text, number, boolean, null
    }

    /// The kind of the next value, by its first character.
    public mutating func next() throws(JSONError) -> Kind {
        skipSpace()
        guard position < bytes.count else { throw error("a value") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw error("a value")
        }
    }

    /// Reads an object: `member` is called with each name and must read or skip the value. A name that comes again
    /// does so in `member` too; the last should count.
    public mutating func object<Failure: Error>(
        _ member: (inout JSONReader, Text) throws(Failure) -> Void
    ) throws {
        try open("{", "an object")
        if consume("}") { return close() }
        repeat {
            skipSpace()
            let name = try string()
            guard consume(":") else { throw error("a colon") }
            let before = position
            try name.withText { text throws(Failure) in try member(&self, text) }
            guard position > before else { throw error("a value that is read or skipped") }
        } while consume(",")
        guard consume("}") else { throw error("a comma or }") }
        close()
    }

    /// Reads an array: `element` is called before each value and must read or skip it.
    public mutating func array<Failure: Error>(_ element: (inout JSONReader) throws(Failure) -> Void) throws {
        try open("[", "an array")
        if consume("]") { return close() }
        repeat {
            let before = position
            try element(&self)
            guard position > before else { throw error("a value that is read or skipped") }
        } while consume(",")
        guard consume("]") else { throw error("a comma or ]") }
        close()
    }

    /// Reads a text.
    public mutating func text() throws(JSONError) -> String {
        skipSpace()
        return try string().string
    }

    /// Reads a text, or anything else as nil.
    public mutating func textIfAny() throws -> String? {
        if try next() == .text { return try text() }
        try skip()
        return nil
    }

    public mutating func boolean() throws(JSONError) -> Bool {
        skipSpace()
        if word("true") { return true }
        if word("false") { return false }
        throw error("true or false")
    }

    public mutating func null() throws(JSONError) {
        skipSpace()
        guard word("null") else { throw error("null") }
    }

    /// Reads past a value and returns its text.
    @discardableResult
    public mutating func skip() throws -> Text {
        let kind = try next()
        let start = position
        switch kind {
        case .object: try object { reader, _ in _ = try reader.skip() }
        case .array: try array { reader in _ = try reader.skip() }
        case .text: _ = try skipString()
        case .number: _ = try number()
        case .boolean: _ = try boolean()
        case .null: try null()
        }
        return Text(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    /// Throws if anything but white space is left.
    public mutating func end() throws(JSONError) {
        skipSpace()
        guard position == bytes.count else { throw error("the end") }
    }

    func error(_ expected: String) -> JSONError {
        let rest = Text(UnsafeRawBufferPointer(rebasing: bytes[min(position, bytes.count)...]))
        let found = rest.isEmpty ? "the end" : "“\(rest.prefix(20))”"
        return JSONError(position: position, expected: expected, found: found)
    }

    private mutating func open(_ bracket: Unicode.Scalar, _ expected: String) throws(JSONError) {
        guard consume(bracket) else { throw error(expected) }
        depth += 1
        guard depth <= JSONReader.deepest else { throw error("at most \(JSONReader.deepest) levels") }
    }

    private mutating func close() { depth -= 1 }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func word(_ word: StaticString) -> Bool {
        let rest = Text(UnsafeRawBufferPointer(rebasing: bytes[position...]))
        guard rest.hasPrefix(word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }
}

/// Where a text is not JSON, or not what was expected.
public struct JSONError: Error, CustomStringConvertible {
    /// The offset in bytes.
    public let position: Int
    public let expected: String
    public let found: String

    public var description: String { "byte \(position): expected \(expected), found \(found)" }
}

extension Text {
    /// The text of bytes that are UTF-8 and outlive it.
    public init(_ bytes: UnsafeRawBufferPointer) { self.init(start: bytes.baseAddress, count: bytes.count) }
}
