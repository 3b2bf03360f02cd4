import FoundationEssentials

/// Any JSON value, to be compared and shown.
enum JSONTree: Decodable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let array = try? value.decode([JSONTree].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONTree].self))
        }
    }

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

/// A place where two JSON values differ.
struct FieldDifference: Encodable {
    /// `scores.sum`; empty: the whole value.
    let field: String
    /// As JSON; nil: there is none.
    let old: String?
    let new: String?

    var text: String {
        "\(field.isEmpty ? "" : "\(field) ")\(Self.cut(old ?? "none")) → \(Self.cut(new ?? "none"))"
    }

    /// The places where two values differ, in the order of their names.
    static func all(_ old: JSONTree?, _ new: JSONTree?, at path: String = "") -> [FieldDifference] {
        if old == new { return [] }
        switch (old, new) {
        case (.object(let old)?, .object(let new)?):
            return Set(old.keys).union(new.keys).sorted().flatMap { name in
                all(old[name], new[name], at: path.isEmpty ? name : "\(path).\(name)")
            }
        case (.array(let old)?, .array(let new)?) where old.count == new.count:
            return old.indices.flatMap { all(old[$0], new[$0], at: "\(path)[\($0)]") }
        default: return [FieldDifference(field: path, old: old?.json, new: new?.json)]
        }
    }

    private static func cut(_ text: String) -> String { text.count <= 60 ? text : text.prefix(59) + "…" }
}
