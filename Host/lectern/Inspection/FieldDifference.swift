import Records

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
