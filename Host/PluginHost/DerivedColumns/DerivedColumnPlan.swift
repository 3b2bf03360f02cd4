/// Resolves the expression of one column against its table's columns and the functions that there are.
struct DerivedColumnPlan {
    let table: TableID
    let columns: [TableColumn]
    let functions: FunctionPlan

    func resolve(_ column: TablesConfiguration.Column) throws(FunctionPlan.Mistake) -> DerivedColumn {
        guard !columns.contains(where: { $0.name == column.name }) else {
            throw .wrong("expected a name that no column of table \(table) has")
        }
        let resolved = try functions.resolve(column.value) { (name, _) throws(FunctionPlan.Mistake) in
            guard let index = columns.firstIndex(where: { $0.name == name }) else {
                let names = columns.map(\.name)
                throw .wrong(
                    "expected a column of table \(table) (\(names.joined(separator: ", "))), found “\(name)”"
                        + FunctionPlan.suggestion(name, names))
            }
            return (index, columns[index].type)
        }
        return DerivedColumn(
            column: TableColumn(name: column.name, title: column.title, type: resolved.type), text: column.text,
            uses: resolved.uses, term: resolved.term)
    }
}
