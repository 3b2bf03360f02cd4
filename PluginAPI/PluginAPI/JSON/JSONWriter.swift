/// Writes compact JSON.
public struct JSONWriter {
    public private(set) var bytes: [UInt8] = []
    /// Whether the next value or name follows another.
    private var needsComma = false

    public init() {}

    /// What was written, borrowed for the call.
    public func withText<Result>(_ body: (Text) throws -> Result) rethrows -> Result {
        try bytes.withUnsafeBytes { try body(Text($0)) }
    }

    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Writes an object: `members` writes names and values with `member`.
    public mutating func object(_ members: (inout JSONWriter) throws -> Void) rethrows {
        begin("{")
        try members(&self)
        end("}")
    }

    /// Writes an array of the values that `elements` writes.
    public mutating func array(_ elements: (inout JSONWriter) throws -> Void) rethrows {
        begin("[")
        try elements(&self)
        end("]")
    }

    /// Writes a member's name; its value follows.
    public mutating func name(_ name: String) {
        text(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func member(_ name: String, _ value: String) {
        self.name(name)
        text(value)
    }

    public mutating func member(_ name: String, _ value: Int) {
        self.name(name)
        raw("\(value)")
    }

    public mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        raw(value ? "true" : "false")
    }

    /// A finite number.
    public mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        raw(value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)")
    }

    public mutating func null() { raw("null") }

    public mutating func text(_ value: String) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): bytes += "\\n".utf8
            case 0..<0x20: bytes += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func raw(_ value: String) {
        comma()
        bytes += value.utf8
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func begin(_ bracket: Unicode.Scalar) {
        comma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func end(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }
}
