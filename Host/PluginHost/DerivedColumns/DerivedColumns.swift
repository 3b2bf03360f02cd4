/// The columns that the operator adds to tables, resolved against a set of plugins.
package struct DerivedColumns: Sendable {
    private var columns: [TableID: [DerivedColumn]] = [:]
    /// Columns that are left out because no plugin has their function, a sentence each.
    package private(set) var lacking: [String] = []

    /// Nothing is added.
    package init() {}

    /// Columns of plugins that are not there are left out without a word.
    ///
    /// - Parameters:
    ///   - functions: of all plugins.
    ///   - mayLackFunctions: leave out columns whose function is not there, instead of refusing them.
    package init(
        _ configuration: TablesConfiguration, _ plugins: [PluginDescription], functions there: [CallableFunction],
        mayLackFunctions: Bool = false
    ) throws(DerivedColumnsError) {
        var problems: [String] = []
        let functions = FunctionPlan(there)
        for (id, wanted) in configuration.columns.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            guard let plugin = plugins.first(where: { $0.id == id.plugin }) else { continue }
            guard let table = plugin.tables.first(where: { $0.id == id.table }) else {
                let names = plugin.tables.map(\.id).joined(separator: ", ")
                problems.append(
                    "tables.\(id.plugin).\(id.table): expected a table of the plugin (\(names)), found none of that id")
                continue
            }
            let plan = DerivedColumnPlan(table: id, columns: table.columns, functions: functions)
            for column in wanted {
                let place = "tables.\(id.plugin).\(id.table).columns.\(column.name), “\(column.text)”"
                do throws(FunctionPlan.Mistake) {
                    columns[id, default: []].append(try plan.resolve(column))
                } catch .lacks(let reason) where mayLackFunctions {
                    lacking.append("\(place): \(reason)")
                } catch {
                    problems.append("\(place): \(error.reason)")
                }
            }
        }
        if !problems.isEmpty { throw DerivedColumnsError(problems: problems) }
    }

    package subscript(table: TableID) -> [DerivedColumn] { columns[table] ?? [] }

    /// The columns that are added to the tables of a plugin, in words that differ if they do.
    package func text(of plugin: String) -> String {
        columns.filter { $0.key.plugin == plugin }.sorted { $0.key.table < $1.key.table }
            .map { table, columns in
                "\(table.table): " + columns.map { "\($0.column.name) = \($0.text)" }.joined(separator: "; ")
            }.joined(separator: "\n")
    }

    /// The plugins whose functions the tables of that plugin call.
    package func functionPlugins(of plugin: String) -> Set<String> {
        Set(columns.filter { $0.key.plugin == plugin }.values.flatMap { $0.flatMap(\.uses) }.map(\.plugin))
    }

    /// Throws if a function that these columns call is another one there, or is not there any more.
    package func checkReplacement(by plugins: [PluginDescription]) throws(DerivedColumnsError) {
        let there = plugins.flatMap(\.functions)
        var problems: [String] = []
        for (table, columns) in columns.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            // What nobody shows any more needs no functions.
            guard plugins.contains(where: { $0.id == table.plugin }) else { continue }
            for column in columns {
                for use in column.uses where !there.contains(where: { $0.canReplace(use.function) }) {
                    let found = there.first { $0.id == use.function.id }?.signature ?? "none"
                    problems.append(
                        "column \(column.column.name) of table \(table) calls \(use.function.signature) of plugin "
                            + "\(use.plugin): expected the same function in its new build, found \(found)")
                }
            }
        }
        if !problems.isEmpty { throw DerivedColumnsError(problems: problems) }
    }
}

/// Why columns can't be derived.
package struct DerivedColumnsError: Error, CustomStringConvertible {
    package let problems: [String]

    package var description: String { problems.joined(separator: "\n") }
}
