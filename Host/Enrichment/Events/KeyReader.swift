import CPluginAPI
import PluginHost
import Records

/// Makes the key that an enricher looks an event up by: a JSON array of texts. Not thread-safe.
final class KeyReader {
    /// That of the event that was read last.
    var key: String { bytes.string }
    /// The slots of the parts; nil: the actor.
    private let slots: [Int?]
    private var bytes = Bytes()

    /// A longer key is no name.
    private static let longest = 4096

    init(_ parts: [EnricherDescription.KeyPart], _ extractor: FieldExtractor) {
        slots = parts.map { part in if case .field(let path) = part { extractor.add(path) } else { nil } }
    }

    /// False: the event lacks a part.
    func read(_ row: UnsafePointer<lectern_value>, actor: UnsafeRawBufferPointer) -> Bool {
        bytes.truncate()
        for (place, slot) in slots.enumerated() {
            bytes.append(place == 0 ? "[" : ",")
            guard let slot else {
                guard append(actor) else { return false }
                continue
            }
            let value = row[slot]
            switch value.tag {
            case LECTERN_TEXT:
                guard let text = value.text, append(text) else { return false }
            case LECTERN_INTEGER:
                bytes.append("\"")
                bytes.appendJSON(value.as.integer)
                bytes.append("\"")
            case LECTERN_TRUE: bytes.append("\"true\"")
            case LECTERN_FALSE: bytes.append("\"false\"")
            default: return false
            }
        }
        bytes.append("]")
        return bytes.count <= Self.longest
    }

    /// What the key is made of.
    func parts(_ row: UnsafePointer<lectern_value>, actor: UnsafeRawBufferPointer) -> [String] {
        slots.map { slot in
            guard let slot else { return String(decoding: actor, as: UTF8.self) }
            let value = row[slot]
            return switch value.tag {
            case LECTERN_INTEGER: "\(value.as.integer)"
            case LECTERN_TRUE: "true"
            case LECTERN_FALSE: "false"
            default: value.text.map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
        }
    }

    /// Adds a part. False: that is no name; with a zero byte it would be another one to a database.
    private func append(_ part: UnsafeRawBufferPointer) -> Bool {
        guard !part.isEmpty, part.count <= Self.longest, !part.contains(0) else { return false }
        bytes.appendJSON(part)
        return true
    }
}
