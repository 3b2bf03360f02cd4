import Records

/// How the states of a reducer, or the rows of a table, differ between two builds.
struct ComponentDifference: Encodable {
    /// A few of those that differ.
    struct Example: Encodable {
        let key: String
        /// JSON; nil: there is none.
        let old: String?
        let new: String?
        /// Of what is there in both.
        let fields: [FieldDifference]

        init(key: String, old: String?, new: String?) {
            self.key = key
            self.old = old
            self.new = new
            guard let old, let new else {
                fields = []
                return
            }
            fields = FieldDifference.all(try? JSONTree(json: old), try? JSONTree(json: new))
        }

        var text: String {
            switch (old, new) {
            case (let old?, nil): "- \(key): \((try? JSONTree(json: old))?.text() ?? old)"
            case (nil, let new?): "+ \(key): \((try? JSONTree(json: new))?.text() ?? new)"
            default: "  \(key): \(fields.map(\.text).joined(separator: ", "))"
            }
        }
    }

    let component: String
    /// How many there are with each build.
    var old = 0
    var new = 0
    var added = 0
    var removed = 0
    var changed = 0
    var examples: [Example] = []
    /// Of each kind.
    let limit: Int

    private enum CodingKeys: String, CodingKey { case component, old, new, added, removed, changed, examples }

    init(_ component: String, limit: Int) {
        self.component = component
        self.limit = limit
    }

    var isEmpty: Bool { added == 0 && removed == 0 && changed == 0 }

    mutating func add(key: () -> String, old: (() -> String)?, new: (() -> String)?) {
        let count: Int
        switch (old, new) {
        case (nil, _):
            added += 1
            count = added
        case (_, nil):
            removed += 1
            count = removed
        default:
            changed += 1
            count = changed
        }
        if count <= limit { examples.append(Example(key: key(), old: old?(), new: new?())) }
    }

    /// - Parameter what: `states` or `rows`.
    func lines(_ what: String) -> [String] {
        var head = "\(what) of \(component): \(old == new ? "\(new)" : "\(old) → \(new)")"
        if isEmpty { return [head + ", all the same"] }
        head += ", \(changed) changed, \(added) added, \(removed) removed"
        let order = { (example: Example) in example.old == nil ? 1 : example.new == nil ? 2 : 0 }
        return [head] + examples.sorted { order($0) < order($1) }.map { "  \($0.text)" }
    }
}
