import PluginAPI

/// Who learns in which group: a MySQL dump of an edX database, line by line. Of every row that is inserted into one of
/// these tables, an event:
///
///     auth_user                             roster.user    id, username, email
///     course_groups_courseusergroup         roster.group   id, name, course_id, group_type
///     course_groups_courseusergroup_users   roster.member  group_id, user_id
///
/// All other lines hold nothing.
package struct Roster: Source {
    package let id = "edx-roster"

    package init() {}

    private struct Form {
        let type: String
        /// The table's columns, in its order, and the event's fields.
        let columns: [String]
        let fields: [(column: String, name: String, isNumber: Bool)]
    }

    private static let forms: [String: Form] = [
        "auth_user": Form(
            type: "roster.user", columns: ["id", "username", "first_name", "last_name", "email"],
            fields: [("id", "id", true), ("username", "username", false), ("email", "email", false)]),
        "course_groups_courseusergroup": Form(
            type: "roster.group", columns: ["id", "name", "course_id", "group_type"],
            fields: [
                ("id", "id", true), ("name", "name", false), ("course_id", "course_id", false),
                ("group_type", "group_type", false),
            ]),
        "course_groups_courseusergroup_users": Form(
            type: "roster.member", columns: ["id", "courseusergroup_id", "user_id"],
            fields: [("courseusergroup_id", "group_id", true), ("user_id", "user_id", true)]),
    ]

    package func decode(_ line: Text, into output: SourceOutput) throws {
        var statement = SQLInsert(line.trimmed)
        guard let table = try statement.table(), let form = Roster.forms[table] else { return }
        let columns = try statement.columns() ?? form.columns
        let indices = try form.fields.map { field in
            guard let index = columns.firstIndex(of: field.column) else {
                throw EventError(
                    field: table, expected: "a column \(field.column)", found: columns.joined(separator: ", "))
            }
            return index
        }
        // Nothing is emitted of a line that turns out to be broken at its end.
        let payloads = try statement.rows().map { row in try Roster.payload(of: row, form, indices) }
        for payload in payloads {
            payload.withText { output.emit(SourceEvent(payload: $0, type: form.type)) }
        }
    }

    private static func payload(of row: [SQLValue], _ form: Form, _ indices: [Int]) throws -> JSONWriter {
        var writer = JSONWriter()
        try writer.object { writer in
            writer.member("event_type", form.type)
            for (field, index) in zip(form.fields, indices) {
                guard index < row.count else {
                    throw EventError(
                        field: field.name, expected: "a value in column \(index + 1)", found: "a row of \(row.count)")
                }
                switch row[index] {
                case .number(let number) where field.isNumber: writer.member(field.name, number)
                case .text(let text) where !field.isNumber: writer.member(field.name, text)
                case let value:
                    let expected = field.isNumber ? "a whole number" : "a text"
                    throw EventError(field: field.name, expected: expected, found: "\(value)")
                }
            }
        }
        return writer
    }
}
