import CRecords
import PluginHost
import Records

/// An answer as events have it: a JSON object of the members that the enricher declares, in their order. A value that is not of
/// its member's type, and can't be read as one, is null.
enum AnswerText {
    static func json(_ members: [EnricherDescription.Member], from found: [String: JSONTree]) -> String {
        var bytes = Bytes()
        bytes.append("{")
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(",") }
            bytes.appendJSON(member.name)
            bytes.append(":")
            append(found[member.name] ?? .null, as: member.kind, to: &bytes)
        }
        bytes.append("}")
        return bytes.string
    }

    private static func append(_ value: JSONTree, as kind: EnricherDescription.Member.Kind, to bytes: inout Bytes) {
        switch (kind, value) {
        case (.json, _): append(value, to: &bytes)
        // In a file an empty place is no value.
        case (_, .text("")): bytes.append("null")
        case (.text, .text(let text)): bytes.appendJSON(text)
        case (.text, .integer(let number)): bytes.appendJSON("\(number)")
        case (.text, .boolean(let value)): bytes.appendJSON("\(value)")
        case (.integer, .integer(let number)): bytes.appendJSON(number)
        case (.integer, .number(let number)):
            if let whole = Int64(exactly: number) { bytes.appendJSON(whole) } else { bytes.append("null") }
        case (.integer, .text(let text)):
            if let number = Int64(text) { bytes.appendJSON(number) } else { bytes.append("null") }
        case (.number, .integer(let number)): bytes.appendJSON(number)
        case (.number, .number(let number)): bytes.appendJSON(number)
        case (.number, .text(let text)): bytes.appendJSON(Double(text) ?? .nan)
        case (.boolean, .boolean(let value)): bytes.appendJSON(value)
        case (.boolean, .integer(let number)) where number == 0 || number == 1: bytes.appendJSON(number == 1)
        case (.boolean, .text(let text)):
            switch text.lowercased() {
            case "true", "t", "yes", "1": bytes.append("true")
            case "false", "f", "no", "0": bytes.append("false")
            default: bytes.append("null")
            }
        case (.time, .text(let text)):
            if let time = microseconds(text) { bytes.appendJSON(microseconds: time) } else { bytes.append("null") }
        default: bytes.append("null")
        }
    }

    private static func append(_ value: JSONTree, to bytes: inout Bytes) {
        switch value {
        case .null: bytes.append("null")
        case .boolean(let value): bytes.appendJSON(value)
        case .integer(let number): bytes.appendJSON(number)
        case .number(let number): bytes.appendJSON(number)
        case .text(let text): bytes.appendJSON(text)
        case .array(let items):
            bytes.append("[")
            for (index, item) in items.enumerated() {
                if index > 0 { bytes.append(",") }
                append(item, to: &bytes)
            }
            bytes.append("]")
        case .object(let members):
            bytes.append("{")
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(",") }
                bytes.appendJSON(member.key)
                bytes.append(":")
                append(member.value, to: &bytes)
            }
            bytes.append("}")
        }
    }

    /// Of a text in RFC 3339; nil if it is none.
    static func microseconds(_ text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            var time: Int64 = 0
            var precision: UInt8 = 0
            let start = UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
            guard let start, lectern_parse_timestamp(start, bytes.count, &time, &precision) == 1 else { return nil }
            return time
        }
    }
}
