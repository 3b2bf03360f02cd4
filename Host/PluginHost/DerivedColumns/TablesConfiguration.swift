package import Settings

/// The section `tables`: columns that the operator adds to the tables of plugins.
///
///     tables:
///       quiz-analytics:                   # a plugin
///         learners:                       # a table of it
///           columns:
///             risk: level(forgetting(average_score, 3))
///             kept: {title: Still known, value: "forgetting(average_score, 3)"}
package struct TablesConfiguration: Sendable {
    /// A column as it was written.
    package struct Column: Sendable, Equatable {
        package let name: String
        /// For people.
        package let title: String
        package let value: ColumnExpression
        /// The expression's text.
        package let text: String

        package init(name: String, title: String = "", _ text: String) throws(ColumnExpressionError) {
            self.name = name
            self.title = title.isEmpty ? name : title
            value = try ColumnExpression(text)
            self.text = text
        }
    }

    /// By table, in the order in which they were written.
    package var columns: [TableID: [Column]] = [:]

    package init() {}

    package init(_ reader: SettingsReader) {
        for (plugin, tables) in reader.sections() {
            for (table, section) in tables.sections() {
                columns[TableID(plugin: plugin, table: table)] = Self.columns(section.section("columns"))
                section.finish()
            }
        }
    }

    /// The names of the columns of each table of a plugin.
    package func names(of plugin: String) -> [String: Set<String>] {
        let tables = columns.filter { $0.key.plugin == plugin }
        return Dictionary(uniqueKeysWithValues: tables.map { ($0.key.table, Set($0.value.map(\.name))) })
    }

    private static func columns(_ reader: SettingsReader) -> [Column] {
        var columns: [Column] = []
        for name in reader.keys {
            var title = ""
            let text: String
            if reader.hasText(name) {
                text = reader.string(name)
            } else {
                let section = reader.section(name)
                title = section.string("title", default: "")
                text = section.string("value")
                section.finish()
            }
            guard isName(name) else {
                reader.problem(
                    name, found: "a column “\(name)”", expected: "letters, digits and underscores, a letter first")
                continue
            }
            if text.isEmpty { continue }
            do throws(ColumnExpressionError) {
                columns.append(try Column(name: name, title: title, text))
            } catch {
                reader.problem(name, found: error.found, expected: error.expected)
            }
        }
        reader.finish()
        return columns
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.first, first.isASCII, first.isLetter, name.utf8.count <= 64 else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
