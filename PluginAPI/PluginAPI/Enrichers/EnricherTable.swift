import CPluginAPI

extension Enricher {
    /// What the host could not tell, or only in other words than the author's.
    func check() throws {
        guard !members.isEmpty else {
            throw PlainError("enricher \(id): expected a member of the answer, found none; add .member(name, type)")
        }
        for part in key {
            switch part {
            case .actor, .field: break
            case .hour, .day, .window:
                throw PlainError("enricher \(id): expected a key of .actor and .field, found .\(part.name)")
            }
        }
    }

    /// Its declaration for the host.
    func declaration() -> UnsafePointer<lectern_enricher> {
        var enricher = lectern_enricher()
        enricher.size = UInt32(MemoryLayout<lectern_enricher>.size)
        enricher.id = Permanent.text(id)
        enricher.about = Permanent.text(about)
        enricher.member = Permanent.text(member)
        enricher.key_count = UInt32(key.count)
        enricher.key = Permanent.array(key.map(\.declaration))
        enricher.member_count = UInt32(members.count)
        enricher.members = Permanent.array(
            members.map { lectern_answer_member(name: Permanent.text($0.name), type: $0.kind.rawValue, flags: 0) })
        enricher.type_count = UInt32(types.count)
        enricher.types = Permanent.array(types.map(Permanent.text))
        enricher.query = Permanent.text(query)
        return Permanent.value(enricher)
    }
}

extension DerivedMember {
    func check(_ functions: [Function]) throws {
        let name = "derived member \(member).\(name)"
        guard let function = functions.first(where: { $0.id == function }) else {
            throw PlainError("\(name): expected a function of this plugin, found \(function)")
        }
        guard function.arguments.count == arguments.count else {
            throw PlainError(
                "\(name): expected \(function.arguments.count) arguments of \(function.id), found \(arguments.count)")
        }
    }

    /// Its declaration for the host.
    func declaration() -> UnsafePointer<lectern_derived_member> {
        var derived = lectern_derived_member()
        derived.size = UInt32(MemoryLayout<lectern_derived_member>.size)
        derived.member = Permanent.text(member)
        derived.name = Permanent.text(name)
        derived.function = Permanent.text(function)
        derived.argument_count = UInt32(arguments.count)
        derived.arguments = Permanent.array(arguments.map(\.declaration))
        derived.type_count = UInt32(types.count)
        derived.types = Permanent.array(types.map(Permanent.text))
        return Permanent.value(derived)
    }
}

extension DerivedMember.Argument {
    fileprivate var declaration: lectern_derived_argument {
        switch self {
        case .field(let path):
            lectern_derived_argument(kind: LECTERN_ARGUMENT_FIELD, flags: 0, path: Permanent.text(path))
        case .time: lectern_derived_argument(kind: LECTERN_ARGUMENT_TIME, flags: 0, path: lectern_text())
        }
    }
}
