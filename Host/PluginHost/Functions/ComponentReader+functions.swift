import CPluginAPI

extension ComponentReader {
    /// The plugin's functions, each of which has passed its tests just now: this calls them.
    func functions() throws(PluginRefusal) -> [FunctionComponent] {
        guard let list = table(LECTERN_FUNCTIONS, as: lectern_functions.self) else { return [] }
        var functions: [FunctionComponent] = []
        for index in 0..<Int(list.count) {
            guard let item = list.items?[index] else {
                throw refuse("function \(index)", wanted: "a lectern_function", found: "none")
            }
            let function = try function(Self.copy(item))
            guard !functions.contains(where: { $0.id == function.id }) else {
                throw refuse("id of a function", wanted: "an id that no other has", found: "“\(function.id)” twice")
            }
            functions.append(function)
        }
        return functions
    }

    private func function(_ raw: lectern_function) throws(PluginRefusal) -> FunctionComponent {
        let id = raw.id.string
        guard FunctionID.isValid(id) else {
            throw refuse("id of a function", wanted: FunctionID.rule, found: "“\(id)”")
        }
        let name = "function \(id)"
        guard let call = raw.call else { throw refuse(name, wanted: "a function `call`", found: "none") }
        guard let result = ColumnType(raw.result) else {
            throw refuse("\(name), result", wanted: "a type from 1 to 5", found: "\(raw.result)")
        }
        let description = FunctionDescription(
            id: id, title: raw.title.string, about: raw.about.string, arguments: try arguments(of: raw, name),
            result: result, isPure: raw.flags & LECTERN_FUNCTION_PURE != 0,
            isExpensive: raw.flags & LECTERN_FUNCTION_EXPENSIVE != 0)
        let tests = try tests(of: raw, description, name)
        let caller = FunctionCaller(unsafeBitCast(call, to: UnsafeRawPointer.self), description)
        if let (test, found) = FunctionTest.failure(of: tests, with: caller) {
            throw refuse(
                "\(name), test \(test.call)", wanted: test.wanted, found: found.words,
                remedy: "is it declared with the types that it has? \(description.signature)")
        }
        return FunctionComponent(description: description, caller: caller, tests: tests.count)
    }

    private func arguments(of raw: lectern_function, _ name: String) throws(PluginRefusal)
        -> [FunctionDescription.Argument]
    {
        guard (1...8).contains(raw.argument_count), let declared = raw.arguments else {
            throw refuse("\(name), arguments", wanted: "1 to 8", found: "\(raw.argument_count)")
        }
        var arguments: [FunctionDescription.Argument] = []
        for index in 0..<Int(raw.argument_count) {
            let argument = declared[index].name.string
            guard !argument.isEmpty, !arguments.contains(where: { $0.name == argument }) else {
                throw refuse(
                    "\(name), argument \(index)", wanted: "a name that no other has", found: "“\(argument)”")
            }
            guard let type = ColumnType(declared[index].type) else {
                throw refuse(
                    "\(name), argument \(argument)", wanted: "a type from 1 to 5", found: "\(declared[index].type)")
            }
            let isNullable = declared[index].flags & LECTERN_ARGUMENT_NULLABLE != 0
            guard !isNullable || type == .number || type == .text else {
                throw refuse(
                    "\(name), argument \(argument)", wanted: "a number or a text, if it may be null",
                    found: type.rawValue)
            }
            arguments.append(FunctionDescription.Argument(name: argument, type: type, isNullable: isNullable))
        }
        return arguments
    }

    private func tests(
        of raw: lectern_function, _ function: FunctionDescription, _ name: String
    ) throws(PluginRefusal) -> [FunctionTest] {
        guard raw.test_count > 0, let declared = raw.tests else {
            throw refuse(
                "\(name), tests", wanted: "at least one", found: "none",
                remedy: "a wrong declaration of a C function returns garbage, and only a test can tell")
        }
        var tests: [FunctionTest] = []
        for index in 0..<Int(raw.test_count) {
            let test = declared[index]
            guard let values = test.arguments else {
                throw refuse("\(name), test \(index)", wanted: "arguments", found: "none")
            }
            var arguments: [Cell] = []
            for (number, argument) in function.arguments.enumerated() {
                arguments.append(
                    try cell(values[number], argument.type, of: "\(name), test \(index), \(argument.name)"))
            }
            let result = try cell(test.result, function.result, of: "\(name), test \(index), result")
            tests.append(FunctionTest(arguments, gives: result, within: test.tolerance))
        }
        return tests
    }

    private func cell(_ value: lectern_value, _ type: ColumnType, of what: String) throws(PluginRefusal) -> Cell {
        guard let cell = Cell(declared: value, type) else {
            throw refuse(what, wanted: "a value of type \(type.rawValue)", found: "one of tag \(value.tag)")
        }
        return cell
    }
}
