import PluginHost
import Records

/// Writes cells as PostgreSQL reads them.
enum CopyText {
    /// A row of `COPY` in text format, with its line break.
    static func append(_ row: [Cell], to bytes: inout Bytes) {
        for (index, cell) in row.enumerated() {
            if index > 0 { bytes.append(byte: UInt8(ascii: "\t")) }
            switch cell {
            case .null: bytes.append(#"\N"#)
            case .text(let text): append(text, to: &bytes)
            case .integer(let value): bytes.appendJSON(value)
            case .number(let value): bytes.append(number(value))
            case .boolean(let value): bytes.append(value ? "t" : "f")
            case .time(let value): bytes.append(SQLTime.text(value) ?? infinity(value))
            }
        }
        bytes.append(byte: UInt8(ascii: "\n"))
    }

    /// A cell as a parameter.
    static func parameter(_ cell: Cell) -> String? {
        switch cell {
        case .null: nil
        case .text(let text): storable(text)
        case .integer(let value): String(value)
        case .number(let value): number(value)
        case .boolean(let value): value ? "t" : "f"
        case .time(let value): SQLTime.text(value) ?? infinity(value)
        }
    }

    /// PostgreSQL can't hold U+0000 in a text: the replacement character stands for it.
    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? String(text.unicodeScalars.map { $0.value == 0 ? "\u{fffd}" : Character($0) }) : text
    }

    private static func append(_ text: String, to bytes: inout Bytes) {
        var text = storable(text)
        text.withUTF8 { utf8 in
            var start = 0
            for index in utf8.indices {
                let escape: StaticString
                switch utf8[index] {
                case UInt8(ascii: "\\"): escape = #"\\"#
                case UInt8(ascii: "\t"): escape = #"\t"#
                case UInt8(ascii: "\n"): escape = #"\n"#
                case UInt8(ascii: "\r"): escape = #"\r"#
                default: continue
                }
                bytes.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[start..<index]))
                bytes.append(escape)
                start = index + 1
            }
            bytes.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[start...]))
        }
    }

    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }

    private static func infinity(_ microseconds: Int64) -> String { microseconds < 0 ? "-infinity" : "infinity" }
}
