import FoundationEssentials
import Records

extension JSONTree {
    init(json: some StringProtocol) throws { self = try JSONDecoder().decode(Self.self, from: Data(json.utf8)) }

    subscript(name: String) -> JSONTree? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// As JSON, names sorted.
    var json: String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .text(let value): return (try? JSONOutput.line(value)) ?? "\"\(value)\""
        case .array(let items): return "[" + items.map(\.json).joined(separator: ",") + "]"
        case .object(let members):
            let members = members.sorted { $0.key < $1.key }
            return "{"
                + members.map { "\((try? JSONOutput.line($0)) ?? $0):\($1.json)" }.joined(separator: ",") + "}"
        }
    }

    /// For people: an object's members without braces, texts without quotes, no longer than that.
    func text(limit: Int = 120) -> String {
        let text: String
        switch self {
        case .text(let value): text = value
        case .object(let members):
            text = members.sorted { $0.key < $1.key }.map { "\($0) \($1.nested)" }.joined(separator: ", ")
        default: text = json
        }
        return text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }

    private var nested: String {
        if case .text(let value) = self { value } else { json }
    }
}
