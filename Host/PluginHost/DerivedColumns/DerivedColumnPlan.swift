import Settings

/// Resolves the expression of one column against its table's columns and the functions that there are.
struct DerivedColumnPlan {
    let table: TableID
    let columns: [TableColumn]
    /// By their ids.
    let functions: [String: CallableFunction]

    /// Why an expression does not fit.
    enum Mistake: Error {
        /// There is no such function.
        case lacks(String)
        case wrong(String)
    }

    func resolve(_ column: TablesConfiguration.Column) throws(Mistake) -> DerivedColumn {
        guard !columns.contains(where: { $0.name == column.name }) else {
            throw .wrong("expected a name that no column of table \(table) has")
        }
        var uses: [DerivedColumn.Use] = []
        let (term, type) = try resolve(column.value, &uses)
        return DerivedColumn(
            column: TableColumn(name: column.name, title: column.title, type: type), text: column.text, uses: uses,
            term: term)
    }

    private func resolve(_ expression: ColumnExpression, _ uses: inout [DerivedColumn.Use]) throws(Mistake)
        -> (DerivedColumn.Term, ColumnType)
    {
        switch expression {
        case .constant(let cell): return (.constant(cell), cell.type)
        case .column(let name):
            guard let index = columns.firstIndex(where: { $0.name == name }) else {
                let names = columns.map(\.name)
                throw .wrong(
                    "expected a column of table \(table) (\(names.joined(separator: ", "))), found “\(name)”"
                        + Self.suggestion(name, names))
            }
            return (.column(index), columns[index].type)
        case .call(let name, let arguments):
            let function = try function(name)
            let wanted = function.description.arguments
            guard arguments.count == wanted.count else {
                throw .wrong(
                    "expected \(wanted.count) argument\(wanted.count == 1 ? "" : "s") for "
                        + "\(function.description.signature), found \(arguments.count)")
            }
            uses.append(DerivedColumn.Use(function: function.description, plugin: function.plugin))
            var terms: [DerivedColumn.Term] = []
            for (argument, wanted) in zip(arguments, wanted) {
                let (term, type) = try resolve(argument, &uses)
                guard wanted.takes(type) else {
                    throw .wrong(
                        "expected \(wanted.type.rawValue) for \(wanted.name) of \(function.description.signature), "
                            + "found \(argument.words), which is \(type.rawValue)")
                }
                terms.append(term)
            }
            return (.call(function, terms), function.description.result)
        }
    }

    private func function(_ name: String) throws(Mistake) -> CallableFunction {
        guard let function = functions[name] else {
            let names = functions.keys.sorted()
            throw .lacks(
                (names.isEmpty
                    ? "expected a function of a plugin, but no plugin has any"
                    : "expected a function of a plugin (\(names.joined(separator: ", ")))")
                    + ", found “\(name)”" + Self.suggestion(name, names))
        }
        guard function.description.isPure else {
            throw .wrong(
                "expected a pure function, found \(function.description.signature) of \(function.plugin), which is not")
        }
        return function
    }

    private static func suggestion(_ name: String, _ names: [String]) -> String {
        nearest(to: name, in: names).map { "; did you mean “\($0)”?" } ?? ""
    }
}

extension FunctionDescription.Argument {
    /// Whether a column or constant of that type will do.
    fileprivate func takes(_ other: ColumnType) -> Bool {
        type == other || type == .number && other == .integer || type == .integer && other == .time
    }
}

extension Cell {
    /// Of a constant, which is never null.
    fileprivate var type: ColumnType {
        switch self {
        case .null, .text: .text
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .time: .time
        }
    }
}

extension ColumnExpression {
    /// As it was written, for a message.
    fileprivate var words: String {
        switch self {
        case .column(let name): "“\(name)”"
        case .constant(let cell): cell.words
        case .call(let name, _): "\(name)(…)"
        }
    }
}
