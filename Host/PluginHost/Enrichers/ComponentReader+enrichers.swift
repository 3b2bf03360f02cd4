import CPluginAPI

extension ComponentReader {
    /// The plugin's enrichers, and what its functions derive.
    func enrichers(
        _ functions: [FunctionComponent]
    ) throws(PluginRefusal) -> (enrichers: [EnricherDescription], derived: [DerivedMember]) {
        guard let list = table(LECTERN_ENRICHERS, as: lectern_enrichers.self) else { return ([], []) }
        var taken: Set<String> = []
        var members: Set<String> = []
        var enrichers: [EnricherDescription] = []
        for index in 0..<Int(list.count) {
            guard let item = list.items?[index] else {
                throw refuse("enricher \(index)", wanted: "a lectern_enricher", found: "none")
            }
            let enricher = try enricher(Self.copy(item), taken: &taken)
            guard members.insert(enricher.member).inserted else {
                throw refuse(
                    "enricher \(enricher.id), member", wanted: "a member that no other has",
                    found: "“\(enricher.member)”")
            }
            enrichers.append(enricher)
        }
        var derived: [DerivedMember] = []
        for index in 0..<Int(list.derived_count) {
            guard let item = list.derived?[index] else {
                throw refuse("derived member \(index)", wanted: "a lectern_derived_member", found: "none")
            }
            let member = try derivedMember(Self.copy(item), functions)
            let name = "derived member \(member.member).\(member.name)"
            guard !members.contains(member.member) else {
                throw refuse(name, wanted: "another member than an enricher's", found: "“\(member.member)”")
            }
            guard !derived.contains(where: { $0.member == member.member && $0.name == member.name }) else {
                throw refuse(name, wanted: "a name that no other has", found: "it twice")
            }
            derived.append(member)
        }
        return (enrichers, derived)
    }

    private func enricher(_ raw: lectern_enricher, taken: inout Set<String>) throws(PluginRefusal)
        -> EnricherDescription
    {
        let id = try id(raw.id, of: "enricher", taken: &taken)
        let name = "enricher \(id)"
        guard (1...8).contains(raw.key_count), let parts = raw.key else {
            throw refuse("\(name), key", wanted: "1 to 8 parts", found: "\(raw.key_count)")
        }
        var key: [EnricherDescription.KeyPart] = []
        for index in 0..<Int(raw.key_count) {
            switch parts[index].kind {
            case LECTERN_KEY_ACTOR: key.append(.actor)
            case LECTERN_KEY_FIELD: key.append(.field(path: try path(parts[index].path, of: "\(name), key")))
            default: throw refuse("\(name), key", wanted: "the actor or fields", found: "kind \(parts[index].kind)")
            }
        }
        guard raw.member_count > 0, let declared = raw.members else {
            throw refuse("\(name), members", wanted: "at least one", found: "none")
        }
        var members: [EnricherDescription.Member] = []
        for index in 0..<Int(raw.member_count) {
            let member = declared[index].name.string
            guard !member.isEmpty, !members.contains(where: { $0.name == member }) else {
                throw refuse("\(name), member \(index)", wanted: "a name that no other has", found: "“\(member)”")
            }
            guard let kind = EnricherDescription.Member.Kind(declared[index].type) else {
                throw refuse(
                    "\(name), member \(member)", wanted: "a type from 1 to 6", found: "\(declared[index].type)")
            }
            members.append(EnricherDescription.Member(name: member, kind: kind))
        }
        return EnricherDescription(
            id: id, about: raw.about.string, member: try member(raw.member, of: name), key: key, members: members,
            types: types(raw.types, raw.type_count), query: raw.query.string)
    }

    private func derivedMember(
        _ raw: lectern_derived_member, _ functions: [FunctionComponent]
    ) throws(PluginRefusal) -> DerivedMember {
        let own = raw.name.string
        let place = try member(raw.member, of: "derived member “\(own)”")
        let name = "derived member \(place).\(own)"
        guard !own.isEmpty else { throw refuse(name, wanted: "a name", found: "none") }
        let id = raw.function.string
        guard let function = functions.first(where: { $0.id == id }) else {
            throw refuse("\(name), function", wanted: "a function of this plugin", found: "“\(id)”")
        }
        guard function.description.arguments.count == Int(raw.argument_count), let declared = raw.arguments else {
            throw refuse(
                "\(name), arguments", wanted: "as \(function.description.signature)", found: "\(raw.argument_count)")
        }
        var arguments: [DerivedMember.Argument] = []
        for index in 0..<Int(raw.argument_count) {
            switch declared[index].kind {
            case LECTERN_ARGUMENT_FIELD:
                arguments.append(.field(path: try path(declared[index].path, of: "\(name), argument \(index)")))
            case LECTERN_ARGUMENT_TIME: arguments.append(.time)
            default:
                throw refuse(
                    "\(name), argument \(index)", wanted: "a field or the time", found: "kind \(declared[index].kind)")
            }
        }
        return DerivedMember(
            member: place, name: own, function: id, arguments: arguments, types: types(raw.types, raw.type_count))
    }

    private func member(_ text: lectern_text, of name: String) throws(PluginRefusal) -> String {
        let member = text.string
        guard AnswerMember.isValid(member) else {
            throw refuse("\(name), member", wanted: AnswerMember.rule, found: "“\(member)”")
        }
        return member
    }

    private func path(_ text: lectern_text, of what: String) throws(PluginRefusal) -> String {
        let path = text.string
        guard !path.isEmpty, !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
            throw refuse(what, wanted: "the path of a field", found: "“\(path)”")
        }
        return path
    }

    private func types(_ types: UnsafePointer<lectern_text>?, _ count: UInt32) -> [String] {
        guard let types else { return [] }
        return (0..<Int(count)).map { types[$0].string }
    }
}

extension EnricherDescription.Member.Kind {
    fileprivate init?(_ raw: UInt32) {
        switch raw {
        case LECTERN_COLUMN_TEXT: self = .text
        case LECTERN_COLUMN_INTEGER: self = .integer
        case LECTERN_COLUMN_NUMBER: self = .number
        case LECTERN_COLUMN_BOOLEAN: self = .boolean
        case LECTERN_COLUMN_TIME: self = .time
        case LECTERN_ANSWER_JSON: self = .json
        default: return nil
        }
    }
}
