/// A function of a plugin that others may call, wherever that plugin runs. Any thread.
package struct CallableFunction: Sendable {
    package let description: FunctionDescription
    /// The plugin that has it.
    package let plugin: String
    /// Calls it for so many rows.
    package let call: @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]

    package init(
        _ description: FunctionDescription, of plugin: String,
        call: @escaping @Sendable (_ arguments: [FunctionColumn], _ rows: Int) -> [Cell]
    ) {
        self.description = description
        self.plugin = plugin
        self.call = call
    }
}

extension Plugin {
    /// The functions of a plugin in this process.
    package var callableFunctions: [CallableFunction] {
        functions.map { function in
            CallableFunction(function.description, of: id) { function.caller.call($0, rows: $1) }
        }
    }
}
