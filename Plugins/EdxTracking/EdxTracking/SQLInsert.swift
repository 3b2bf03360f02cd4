import PluginAPI

/// A value of an INSERT statement.
enum SQLValue {
    case null
    case number(Int)
    case text(String)
    /// Anything else, as it stands there: decimals, hexadecimals.
    case other(String)
}

/// Reads one INSERT statement of a MySQL dump: INSERT INTO `table` [(columns)] VALUES (row), (row)…;
struct SQLInsert {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// The text must outlive the reader.
    init(_ statement: Text) { bytes = statement.utf8 }

    /// The table, or nil if this is no INSERT statement. To be called first.
    mutating func table() throws -> String? {
        guard word("INSERT") else { return nil }
        _ = word("IGNORE")
        guard word("INTO") else { return nil }
        return try name()
    }

    /// The columns, if the statement lists them. To be called second.
    mutating func columns() throws -> [String]? {
        guard next("(") else { return nil }
        var columns: [String] = []
        repeat { columns.append(try name()) } while next(",")
        guard next(")") else { throw error("a comma or )") }
        return columns
    }

    /// The rows. To be called last.
    mutating func rows() throws -> [[SQLValue]] {
        guard word("VALUES") else { throw error("VALUES") }
        var rows: [[SQLValue]] = []
        repeat {
            guard next("(") else { throw error("a row in parentheses") }
            var row: [SQLValue] = []
            repeat { row.append(try value()) } while next(",")
            guard next(")") else { throw error("a comma or )") }
            rows.append(row)
        } while next(",")
        _ = next(";")
        guard position == bytes.count else { throw error("the end of the statement") }
        return rows
    }

    private mutating func value() throws -> SQLValue {
        _ = word("_binary") || word("_utf8mb4") || word("_utf8")
        skipSpace()
        if current == UInt8(ascii: "'") || current == UInt8(ascii: "\"") { return .text(try string()) }
        let start = position
        while let byte = current, ![UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: " ")].contains(byte) {
            position += 1
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !text.isEmpty else { throw error("a value") }
        if text.uppercased() == "NULL" { return .null }
        return Int(text).map(SQLValue.number) ?? .other(text)
    }

    /// A quoted string: a backslash or the quotation mark itself stands before what would end it.
    private mutating func string() throws -> String {
        let quote = bytes[position]
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = current else { throw error("a closing quotation mark") }
            position += 1
            if byte == quote {
                guard current == quote else { break }
                position += 1
                text.append(quote)
            } else if byte == UInt8(ascii: "\\") {
                guard let escaped = current else { throw error("an escaped character") }
                position += 1
                text += SQLInsert.unescaped(escaped)
            } else {
                text.append(byte)
            }
        }
        guard let string = String(validating: text, as: UTF8.self) else { throw error("UTF-8") }
        return string
    }

    private static func unescaped(_ byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "0"): [0]
        case UInt8(ascii: "b"): [0x08]
        case UInt8(ascii: "n"): [0x0a]
        case UInt8(ascii: "r"): [0x0d]
        case UInt8(ascii: "t"): [0x09]
        case UInt8(ascii: "Z"): [0x1a]
        // For LIKE: the backslash is part of the text.
        case UInt8(ascii: "%"), UInt8(ascii: "_"): [UInt8(ascii: "\\"), byte]
        default: [byte]
        }
    }

    /// A name, in back-quotes or without.
    private mutating func name() throws -> String {
        let isQuoted = next("`")
        let start = position
        while let byte = current, isQuoted ? byte != UInt8(ascii: "`") : !" \t(),;`".utf8.contains(byte) {
            position += 1
        }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !name.isEmpty, !isQuoted || next("`") else { throw error("a name") }
        return name
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x09 { position += 1 }
    }

    private mutating func next(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// Reads past a key word, in whatever case.
    private mutating func word(_ word: String) -> Bool {
        skipSpace()
        let length = word.utf8.count
        guard position + length <= bytes.count else { return false }
        let found = String(decoding: bytes[position..<position + length], as: UTF8.self)
        guard found.uppercased() == word.uppercased() else { return false }
        position += length
        return true
    }

    private func error(_ expected: String) -> EventError {
        let rest = String(decoding: bytes[position..<min(position + 20, bytes.count)], as: UTF8.self)
        return EventError(
            field: "byte \(position)", expected: expected,
            found: rest.isEmpty ? "the end of the line" : "“\(rest)”")
    }
}
