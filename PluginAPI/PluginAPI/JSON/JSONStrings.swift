/// A string of a JSON text: as it stands there if it has no escapes.
enum JSONString {
    case plain(Text)
    case unescaped(String)

    var string: String {
        switch self {
        case .plain(let text): text.string
        case .unescaped(let string): string
        }
    }

    func withText<Failure: Error>(_ body: (Text) throws(Failure) -> Void) throws(Failure) {
        switch self {
        case .plain(let text): try body(text)
        case .unescaped(var string):
            // `withUTF8` rethrows untyped, so the error takes a way of its own.
            var failure: Failure?
            string.withUTF8 { bytes in
                do throws(Failure) {
                    try body(Text(start: bytes.baseAddress, count: bytes.count))
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
        }
    }
}

extension JSONReader {
    /// Reads a string, which must begin here.
    mutating func string() throws(JSONError) -> JSONString {
        let start = position + 1
        let hasEscapes = try skipString()
        let end = position - 1
        guard hasEscapes else { return .plain(Text(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))) }

        // It is right, as its first reading has shown.
        let after = position
        defer { position = after }
        position = start
        var text: [UInt8] = []
        text.reserveCapacity(end - start)
        while position < end {
            if bytes[position] == UInt8(ascii: "\\") {
                text += Array(String(try escape()).utf8)
            } else {
                text.append(bytes[position])
                position += 1
            }
        }
        return .unescaped(String(decoding: text, as: UTF8.self))
    }

    /// Reads past a string, which must begin here. Returns whether it has escapes.
    mutating func skipString() throws(JSONError) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw error("a text") }
        position += 1
        var hasEscapes = false
        while true {
            guard position < bytes.count else { throw error("a closing quotation mark") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                _ = try escape()
            case 0x20...0x7f: position += 1
            default: try character()
            }
        }
    }

    /// Reads one character beyond ASCII.
    private mutating func character() throws(JSONError) {
        // Lead bytes of two to four bytes, and the bounds of the byte that follows: they exclude overlong forms,
        // surrogates and what is beyond Unicode.
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch bytes[position] {
            case 0xc2...0xdf: (2, 0x80...0xbf)
            case 0xe0: (3, 0xa0...0xbf)
            case 0xe1...0xec, 0xee, 0xef: (3, 0x80...0xbf)
            case 0xed: (3, 0x80...0x9f)
            case 0xf0: (4, 0x90...0xbf)
            case 0xf1...0xf3: (4, 0x80...0xbf)
            case 0xf4: (4, 0x80...0x8f)
            default: (0, 0...0)
            }
        guard length > 0, position + length <= bytes.count, second.contains(bytes[position + 1]),
            bytes[position + 2..<position + max(length, 2)].allSatisfy({ $0 & 0xc0 == 0x80 })
        else {
            throw JSONError(
                position: position, expected: "a character of UTF-8 above U+001F", found: "the byte \(bytes[position])")
        }
        position += length
    }

    /// Reads an escape.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard position + 1 < bytes.count else { throw error("an escape") }
        let simple: Unicode.Scalar
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): simple = Unicode.Scalar(bytes[position + 1])
        case UInt8(ascii: "b"): simple = "\u{08}"
        case UInt8(ascii: "f"): simple = "\u{0c}"
        case UInt8(ascii: "n"): simple = "\n"
        case UInt8(ascii: "r"): simple = "\r"
        case UInt8(ascii: "t"): simple = "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw error("an escape")
        }
        position += 2
        return simple
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        var code = try codeUnit()
        if (0xd800...0xdbff).contains(code) {
            let low = try codeUnit()
            guard (0xdc00...0xdfff).contains(low) else { throw error("the second half of a surrogate pair") }
            code = 0x1_0000 + (code - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(code) else { throw error("the first half of a surrogate pair") }
        return scalar
    }

    /// Reads `\uXXXX`.
    private mutating func codeUnit() throws(JSONError) -> UInt32 {
        guard position + 6 <= bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw error("\\u and four digits") }
        var code: UInt32 = 0
        for digit in bytes[position + 2..<position + 6] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: throw error("\\u and four digits")
            }
        }
        position += 6
        return code
    }
}
