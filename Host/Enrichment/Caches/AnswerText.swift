import CRecords
import PluginHost
import Records

/// An answer as events have it: a JSON object of the members that the enricher declares, in their order. What is null, or is not of
/// its member's type and can't be read as such, is left out.
enum AnswerText {
    static func json(_ members: [EnricherDescription.Member], from found: [String: JSONTree]) -> String {
        var bytes = Bytes()
        bytes.append("{")
        for member in members {
            guard let value = found[member.name].flatMap({ read($0, as: member.kind) }) else { continue }
            if bytes.count > 1 { bytes.append(",") }
            bytes.appendJSON(member.name)
            bytes.append(":")
            append(value, to: &bytes)
        }
        bytes.append("}")
        return bytes.string
    }

    private static func read(_ value: JSONTree, as kind: EnricherDescription.Member.Kind) -> JSONTree? {
        switch (kind, value) {
        case (_, .null): nil
        case (.json, _): value
        // In a file an empty place is no value.
        case (_, .text("")): nil
        case (.text, .text), (.integer, .integer), (.number, .number), (.number, .integer), (.boolean, .boolean): value
        case (.text, .integer(let number)): .text("\(number)")
        case (.text, .boolean(let value)): .text("\(value)")
        case (.integer, .number(let number)): Int64(exactly: number).map(JSONTree.integer)
        case (.integer, .text(let text)): Int64(text).map(JSONTree.integer)
        case (.number, .text(let text)): Double(text).flatMap { $0.isFinite ? .number($0) : nil }
        case (.boolean, .integer(let number)): number == 0 || number == 1 ? .boolean(number == 1) : nil
        case (.boolean, .text(let text)):
            switch text.lowercased() {
            case "true", "t", "yes", "1": .boolean(true)
            case "false", "f", "no", "0": .boolean(false)
            default: nil
            }
        case (.time, .text(let text)): microseconds(text).map { .text(time($0)) }
        default: nil
        }
    }

    private static func time(_ microseconds: Int64) -> String {
        var bytes = Bytes()
        bytes.appendJSON(microseconds: microseconds)
        return String(bytes.string.dropFirst().dropLast())
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
