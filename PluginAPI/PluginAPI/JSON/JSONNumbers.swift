/// A number of a JSON text.
public enum JSONNumber: Sendable, Equatable {
    case integer(Int64)
    /// With a point or an exponent, or too large for an integer.
    case number(Double)
}

extension JSONReader {
    public mutating func number() throws -> JSONNumber {
        skipSpace()
        let start = position
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") { position += 1 } else { try digits() }
        var isWhole = true
        if peek() == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw JSONError(position: start, expected: "a number of 64 bits", found: text)
        }
        return .number(number)
    }

    private func peek() -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func digits() throws(JSONError) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(peek()) else { throw error("a digit") }
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(peek()) { position += 1 }
    }

    /// Writes the next value as state.
    mutating func transcode(to writer: inout StateWriter) throws {
        switch try next() {
        case .object:
            let outer = writer.openFrame()
            try object { reader, name in
                writer.key(name)
                try reader.transcode(to: &writer)
            }
            writer.closeMap(outer)
        case .array:
            let outer = writer.openFrame()
            try array { reader in
                _ = writer.beginEntry()
                try reader.transcode(to: &writer)
            }
            writer.closeArray(outer)
        case .text: writer.text(try text())
        case .number:
            switch try number() {
            case .integer(let value): writer.integer(value)
            case .number(let value): writer.number(value)
            }
        case .boolean: writer.boolean(try boolean())
        case .null:
            try null()
            writer.null()
        }
    }
}
