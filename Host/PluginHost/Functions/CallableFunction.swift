/// A function of a plugin that others may call, wherever that plugin runs. Any thread.
package struct CallableFunction: Sendable {
    package let description: FunctionDescription
    /// The plugin that has it.
    package let plugin: String
    /// Calls it for so many rows.
    package let call: @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]
    /// Nil: the function is another process's.
    package let caller: FunctionCaller?

    /// One of this process.
    package init(_ description: FunctionDescription, of plugin: String, _ caller: FunctionCaller) {
        self.description = description
        self.plugin = plugin
        self.caller = caller
        call = { caller.call($0, rows: $1) }
    }

    /// One of another process.
    package init(
        _ description: FunctionDescription, of plugin: String,
        call: @escaping @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]
    ) {
        self.description = description
        self.plugin = plugin
        self.call = call
        caller = nil
    }
}

extension Plugin {
    /// The functions of a plugin in this process.
    package var callableFunctions: [CallableFunction] {
        functions.map { CallableFunction($0.description, of: id, $0.caller) }
    }
}
