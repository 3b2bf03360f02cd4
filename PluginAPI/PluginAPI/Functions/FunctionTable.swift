import CPluginAPI

extension Function {
    /// What the host could not tell, or only in other words than the author's.
    func check() throws {
        guard result != nil else {
            throw PlainError(
                "function \(id): expected a @convention(c) function that returns a Double, Int, Int64, Bool or "
                    + "FunctionText, found \(typeName)")
        }
        guard types.count == arguments.count else {
            throw PlainError("function \(id): expected \(types.count) names of arguments, found \(arguments.count)")
        }
        for (index, type) in types.enumerated() {
            guard let type else {
                throw PlainError(
                    "function \(id): expected arguments of Double, Int, Int64, Bool or FunctionText, found \(typeName)")
            }
            guard !arguments[index].isTime || type == .integer else {
                throw PlainError("function \(id): expected an Int for the time \(arguments[index].name), found \(type)")
            }
        }
        for test in tests where test.arguments.count != arguments.count {
            throw PlainError(
                "function \(id): expected \(arguments.count) arguments in each test, found \(test.arguments.count)")
        }
    }

    /// Its declaration for the host.
    func declaration() -> UnsafePointer<lectern_function> {
        var function = lectern_function()
        function.size = UInt32(MemoryLayout<lectern_function>.size)
        function.flags = (isPure ? LECTERN_FUNCTION_PURE : 0) | (isExpensive ? LECTERN_FUNCTION_EXPENSIVE : 0)
        function.id = Permanent.text(id)
        function.title = Permanent.text(title)
        function.about = Permanent.text(about)
        function.argument_count = UInt32(arguments.count)
        function.result = result?.rawValue ?? 0
        function.arguments = Permanent.array(
            zip(arguments, types).map { argument, type in
                lectern_argument(
                    name: Permanent.text(argument.name),
                    type: (argument.isTime ? FunctionType.time : type)?.rawValue ?? 0,
                    flags: argument.isNullable ? LECTERN_ARGUMENT_NULLABLE : 0)
            })
        function.call = code
        function.test_count = UInt32(tests.count)
        function.tests = Permanent.array(
            tests.map { test in
                lectern_function_test(
                    arguments: Permanent.array(test.arguments.map(\.declaration)),
                    result: test.result.declaration, tolerance: test.tolerance)
            })
        return Permanent.value(function)
    }
}
