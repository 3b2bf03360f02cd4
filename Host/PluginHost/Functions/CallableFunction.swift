/// A function of a plugin that others may call, wherever that plugin runs. Any thread.
package struct CallableFunction: Sendable {
    package let description: FunctionDescription
    /// The plugin that has it.
    package let plugin: String
    /// Calls it for so many rows.
    package let call: @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]
    /// Makes what calls it for one row at a time, for one thread; nil: the function is another process's.
    package let rowCaller: (@Sendable () -> any RowCalling)?

    /// One of this process.
    package init(_ description: FunctionDescription, of plugin: String, _ caller: FunctionCaller) {
        self.description = description
        self.plugin = plugin
        call = { caller.call($0, rows: $1) }
        rowCaller = { caller.rowCaller() }
    }

    /// One of another process.
    package init(
        _ description: FunctionDescription, of plugin: String,
        call: @escaping @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]
    ) {
        self.description = description
        self.plugin = plugin
        self.call = call
        rowCaller = nil
    }

    /// Several as one, whose arguments are the columns of a term. It is another process's if one of them is, and then that plugin's.
    package init(_ description: FunctionDescription, _ resolved: FunctionPlan.Resolved) {
        let term = resolved.term
        self.description = description
        plugin = resolved.uses.first { !$0.isInProcess }?.plugin ?? resolved.uses.first?.plugin ?? ""
        call = { columns, rows in
            switch term.values(rows: rows, column: { columns[$0] }) {
            case .cells(let cells): cells
            case .constant(let cell): Array(repeating: cell, count: rows)
            }
        }
        if resolved.uses.allSatisfy(\.isInProcess) { rowCaller = { RowTerm(term) } } else { rowCaller = nil }
    }
}

extension Plugin {
    /// The functions of a plugin in this process.
    package var callableFunctions: [CallableFunction] {
        functions.map { CallableFunction($0.description, of: id, $0.caller) }
    }
}
