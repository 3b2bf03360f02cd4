import PluginHost

/// A table of a plugin as SQL names it.
struct SQLTable {
    /// Quoted, with its schema if there are schemas.
    let name: String
    let columns: [TableColumn]

    /// The columns that make a row one of its own, and the others.
    var keys: [TableColumn] { columns.filter(\.isKey) }
    var values: [TableColumn] { columns.filter { !$0.isKey } }

    /// A list of columns.
    static func list(_ columns: [TableColumn], _ prefix: String = "") -> String {
        columns.map { prefix + quoted($0.name) }.joined(separator: ", ")
    }

    /// What makes an insertion replace the row that is there.
    var replacing: String {
        if keys.isEmpty { return "" }
        let assignments = values.map { "\(Self.quoted($0.name)) = excluded.\(Self.quoted($0.name))" }
        return "ON CONFLICT (\(Self.list(keys))) DO "
            + (assignments.isEmpty ? "NOTHING" : "UPDATE SET " + assignments.joined(separator: ", "))
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// A text as a constant.
    static func constant(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }
}
