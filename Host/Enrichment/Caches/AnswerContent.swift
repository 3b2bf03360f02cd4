import CPluginAPI
import CRecords
import FoundationEssentials
import PluginHost
import Records

/// What a source has said of a key: a JSON object of the members that the enricher declares, in their order, and the same as
/// values. What is null, or is not of its member's type and can't be read as such, is left out. Immutable.
///
/// Safe to share: the memory that its values point into is its own, and nobody writes to it once it is made.
final class AnswerContent: @unchecked Sendable {
    /// A JSON object.
    let json: UnsafeRawBufferPointer
    /// By the enricher's members; a time is a text. What has parts is missing.
    let values: [lectern_value]
    /// The texts of the values.
    private let texts: UnsafeMutableRawBufferPointer

    init(_ members: [EnricherDescription.Member], from found: [String: JSONTree]) {
        var bytes = Bytes()
        var texts = Bytes()
        var values: [lectern_value] = []
        bytes.append("{")
        for member in members {
            var slot = lectern_value()
            if let value = found[member.name].flatMap({ Self.read($0, as: member.kind) }) {
                if bytes.count > 1 { bytes.append(",") }
                bytes.appendJSON(member.name)
                bytes.append(":")
                Self.append(value, to: &bytes)
                slot = Self.value(value, &texts)
            }
            values.append(slot)
        }
        bytes.append("}")
        json = UnsafeRawBufferPointer(Self.copy(bytes.contents))
        self.texts = Self.copy(texts.contents)
        var start = self.texts.baseAddress
        for index in values.indices where values[index].tag == LECTERN_TEXT {
            values[index].as.text = UnsafePointer(start?.assumingMemoryBound(to: CChar.self))
            start = start.map { $0 + Int(values[index].length) }
        }
        self.values = values
    }

    /// What `json` of another host's says; nil if it is no JSON object.
    convenience init?(_ members: [EnricherDescription.Member], json: String) {
        guard case .object(let found) = try? JSONDecoder().decode(JSONTree.self, from: Data(json.utf8)) else {
            return nil
        }
        self.init(members, from: found)
    }

    deinit {
        json.deallocate()
        texts.deallocate()
    }

    var byteCount: Int { json.count + texts.count + values.count * MemoryLayout<lectern_value>.stride }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        copy.copyMemory(from: bytes)
        return UnsafeMutableRawBufferPointer(rebasing: copy[..<bytes.count])
    }

    /// A value whose text, if it is one, has been added to `texts`.
    private static func value(_ value: JSONTree, _ texts: inout Bytes) -> lectern_value {
        var slot = lectern_value()
        switch value {
        case .boolean(let value): slot.tag = value ? LECTERN_TRUE : LECTERN_FALSE
        case .integer(let number):
            slot.tag = LECTERN_INTEGER
            slot.as.integer = number
        case .number(let number):
            slot.tag = LECTERN_NUMBER
            slot.as.number = number
        case .text(let text):
            slot.tag = LECTERN_TEXT
            slot.length = UInt32(clamping: text.utf8.count)
            texts.append(text)
        case .null, .array, .object: break
        }
        return slot
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
    private static func microseconds(_ text: String) -> Int64? {
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
