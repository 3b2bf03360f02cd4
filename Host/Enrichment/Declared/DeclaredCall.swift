import PluginHost

/// Makes what the settings have computed into what enrichment computes: a function and the fields that it is called with.
enum DeclaredCall {
    /// - Parameter computed: the members of events that are computed, which others can't be computed from.
    static func resolve(
        _ declared: DeclaredMember, _ functions: FunctionPlan, computed: Set<String>
    ) throws(FunctionPlan.Mistake) -> DeclaredEnrichment.Derived {
        var arguments: [DerivedMember.Argument] = []
        var described: [FunctionDescription.Argument] = []
        let resolved = try functions.resolve(declared.value) { (name, wanted) throws(FunctionPlan.Mistake) in
            guard name != Self.time else {
                arguments.append(.time)
                described.append(.init(name: name, type: .time))
                return (arguments.count - 1, .time)
            }
            let member = FieldPath.member(of: name)
            guard FieldPath.isValid(name), member != "enrichment", !computed.contains(member) else {
                throw .wrong(
                    "expected \(Self.time), fields of the event, or members that were looked up, found “\(name)”"
                        + (computed.contains(member) ? ", which is computed itself" : ""))
            }
            arguments.append(.field(path: name))
            described.append(.init(name: name, type: wanted.type, isNullable: wanted.isNullable))
            return (arguments.count - 1, wanted.type)
        }
        guard case .call(let called, let terms) = resolved.term else {
            throw .wrong("expected a call of a function")
        }
        let isPlain = terms.allSatisfy { if case .column = $0 { true } else { false } }
        let function = isPlain ? called : combined(resolved, of: declared, described, called)
        return DeclaredEnrichment.Derived(
            member: DerivedMember(
                member: declared.member, name: declared.name, function: function.description.id, arguments: arguments,
                types: declared.types),
            function: function, plugins: resolved.uses.map(\.plugin))
    }

    /// The event's time, as an argument.
    private static let time = "time"

    /// One function of the fields, which calls the others with what they take besides.
    private static func combined(
        _ resolved: FunctionPlan.Resolved, of declared: DeclaredMember, _ arguments: [FunctionDescription.Argument],
        _ called: CallableFunction
    ) -> CallableFunction {
        let description = FunctionDescription(
            id: "\(declared.member).\(declared.name)", title: declared.text, arguments: arguments,
            result: resolved.type,
            isPure: resolved.uses.allSatisfy(\.function.isPure),
            isExpensive: resolved.uses.contains(where: \.function.isExpensive))
        let term = resolved.term
        return CallableFunction(description, of: called.plugin) { columns, rows in
            switch term.values(rows: rows, column: { columns[$0] }) {
            case .cells(let cells): cells
            case .constant(let cell): Array(repeating: cell, count: rows)
            }
        }
    }
}
