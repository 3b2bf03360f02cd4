import Records

/// Reads characters of a text that is escaped in some way, or in several at once, as it stands in an event: percent-encoded
/// (once or again), escaped for JSON (once or again), both, or not at all. Borrows the text.
struct EscapedText {
    let bytes: UnsafeBufferPointer<UInt8>

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.bindMemory(to: UInt8.self) }

    var count: Int { bytes.count }

    // MARK: Forwards

    /// Where the text goes on after `character`, if that begins at `at`, however it is escaped.
    func end(of character: Unicode.Scalar, at: Int) -> Int? {
        guard at < bytes.count else { return nil }
        let byte = bytes[at]
        if byte == UInt8(ascii: "%") {
            if let (found, end) = percentEncoded(at), found == character { return end }
            return character == "%" ? at + 1 : nil
        }
        if byte == UInt8(ascii: "\\") {
            if let (found, end) = backslashed(at), found == character { return end }
            guard character == "\\" else { return nil }
            return at + 1 < bytes.count && bytes[at + 1] == byte ? at + 2 : at + 1
        }
        if character == " ", byte == UInt8(ascii: "+") { return at + 1 }
        if character.isASCII { return byte == UInt8(character.value) ? at + 1 : nil }
        guard let (found, end) = plain(at), found == character else { return nil }
        return end
    }

    /// The character at `at`, and where the text goes on after it; nil at the end, or if there is none.
    func character(at: Int) -> (Unicode.Scalar, end: Int)? {
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "%"): return percentEncoded(at) ?? ("%", at + 1)
        case UInt8(ascii: "\\"): return backslashed(at) ?? ("\\", at + 1)
        default: return plain(at)
        }
    }

    /// UTF-8 as it stands.
    private func plain(_ at: Int) -> (Unicode.Scalar, end: Int)? {
        decode { index in at + index < bytes.count ? (bytes[at + index], at + index + 1) : nil }
    }

    /// `%C3%A9`, `%2540`.
    private func percentEncoded(_ at: Int) -> (Unicode.Scalar, end: Int)? {
        var ends = [at]
        return decode { index in
            guard let (byte, end) = percentByte(ends[index]) else { return nil }
            ends.append(end)
            return (byte, end)
        }
    }

    private func percentByte(_ at: Int) -> (UInt8, end: Int)? {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "%") else { return nil }
        var at = at + 1
        // A percent sign that was itself encoded.
        while at + 3 < bytes.count, bytes[at] == UInt8(ascii: "2"), bytes[at + 1] == UInt8(ascii: "5"),
            hex(at + 2, 2) != nil
        {
            at += 2
        }
        return hex(at, 2).map { (UInt8($0), at + 2) }
    }

    /// `\u00e9`, `\"`, `\/`, and the same behind further backslashes.
    private func backslashed(_ at: Int) -> (Unicode.Scalar, end: Int)? {
        var at = at
        while at < bytes.count, bytes[at] == UInt8(ascii: "\\") { at += 1 }
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "'"): return (Unicode.Scalar(bytes[at]), at + 1)
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "f"):
            return (" ", at + 1)
        case UInt8(ascii: "u"):
            guard let unit = hex(at + 1, 4) else { return nil }
            if let scalar = Unicode.Scalar(unit) { return (scalar, at + 5) }
            var next = at + 5
            while next < bytes.count, bytes[next] == UInt8(ascii: "\\") { next += 1 }
            guard next > at + 5, next < bytes.count, bytes[next] == UInt8(ascii: "u"), unit < 0xdc00,
                let low = hex(next + 1, 4), 0xdc00..<0xe000 ~= low,
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
            else { return nil }
            return (scalar, next + 5)
        default: return nil
        }
    }

    /// A character of UTF-8 whose bytes are given one by one.
    private func decode(_ next: (Int) -> (UInt8, Int)?) -> (Unicode.Scalar, end: Int)? {
        guard let (first, firstEnd) = next(0) else { return nil }
        let count =
            switch first {
            case ..<0x80: 0
            case 0xc2..<0xe0: 1
            case 0xe0..<0xf0: 2
            case 0xf0..<0xf5: 3
            default: -1
            }
        guard count >= 0 else { return nil }
        var value = count == 0 ? UInt32(first) : UInt32(first) & (0x3f >> UInt32(count))
        var end = firstEnd
        for index in 0..<count {
            guard let (byte, after) = next(index + 1), byte & 0xc0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3f)
            end = after
        }
        return Unicode.Scalar(value).map { ($0, end) }
    }

    private func hex(_ at: Int, _ digits: Int) -> UInt32? {
        guard at + digits <= bytes.count else { return nil }
        var value: UInt32 = 0
        for index in at..<at + digits {
            guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    // MARK: Backwards

    /// The character that ends at `end`, and where it begins; nil at the beginning, or if there is none.
    func character(endingAt end: Int) -> (Unicode.Scalar, start: Int)? {
        guard end > 0 else { return nil }
        // The longest way in which it may be written counts.
        for length in stride(from: min(end, 24), through: 1, by: -1) {
            let start = end - length
            switch bytes[start] {
            case UInt8(ascii: "%"):
                if let (found, foundEnd) = percentEncoded(start), foundEnd == end { return (found, start) }
            case UInt8(ascii: "\\"):
                if let (found, foundEnd) = backslashed(start), foundEnd == end { return (found, start) }
            default: break
            }
        }
        for length in 1...min(end, 4) {
            if let (found, foundEnd) = plain(end - length), foundEnd == end { return (found, end - length) }
        }
        return nil
    }
}
