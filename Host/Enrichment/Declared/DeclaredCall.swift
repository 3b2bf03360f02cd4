import PluginHost

/// Makes what the settings have computed into what enrichment computes: a function and the fields that it is called with.
enum DeclaredCall {
    /// - Parameters:
    ///   - computed: the members of events that are computed, which others can't be computed from.
    ///   - answers: those that answers are put under, with what is in them.
    static func resolve(
        _ declared: DeclaredMember, _ functions: FunctionPlan, computed: Set<String>, answers: [String: [String]]
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
            if let known = answers[member], !known.contains(where: { "\(member).\($0)" == name }) {
                throw .wrong(
                    "expected what is looked up as \(member) (\(known.map { "\(member).\($0)" }.joined(separator: ", "))), "
                        + "found “\(name)”")
            }
            arguments.append(.field(path: name))
            described.append(.init(name: name, type: wanted.type, isNullable: wanted.isNullable))
            return (arguments.count - 1, wanted.type)
        }
        guard case .call(let called, let terms) = resolved.term else {
            throw .wrong("expected a call of a function")
        }
        let isPlain = terms.allSatisfy { if case .column = $0 { true } else { false } }
        let function = isPlain ? called : combined(resolved, of: declared, described)
        return DeclaredEnrichment.Derived(
            member: DerivedMember(
                member: declared.member, name: declared.name, function: function.description.id, arguments: arguments,
                types: declared.types),
            function: function)
    }

    /// The event's time, as an argument.
    private static let time = "time"

    /// One function of the fields, which calls the others with what they take besides.
    private static func combined(
        _ resolved: FunctionPlan.Resolved, of declared: DeclaredMember, _ arguments: [FunctionDescription.Argument]
    ) -> CallableFunction {
        let functions = resolved.uses.map(\.function)
        return CallableFunction(
            FunctionDescription(
                id: "\(declared.member).\(declared.name)", title: declared.text, arguments: arguments,
                result: resolved.type, isPure: functions.allSatisfy(\.isPure),
                isExpensive: functions.contains(where: \.isExpensive)),
            resolved)
    }
}
