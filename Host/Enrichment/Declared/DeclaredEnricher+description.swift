import PluginHost

/// Why an enricher can't look up in a table: the key of its settings, and what is wrong with it.
struct TableMistake: Error {
    let key: String
    let reason: String
}

extension DeclaredEnricher {
    func description(_ id: String, _ members: [EnricherDescription.Member]) -> EnricherDescription {
        EnricherDescription(id: id, member: member, key: key, members: members, types: types)
    }

    /// The enricher that looks up in a table of these columns.
    func description(
        _ id: String, of table: TableID, _ all: [TableColumn], within: Int64?
    ) throws(TableMistake) -> EnricherDescription {
        let rowKey = RowKey(all)
        guard let rowKey else {
            throw TableMistake(
                key: "source",
                reason: "expected a table whose key has at most one time, and something besides; found \(table)")
        }
        let names = rowKey.columns.map { all[$0].name }
        guard names.count == key.count else {
            throw TableMistake(
                key: "by",
                reason: "expected what corresponds to the key of \(table) (\(names.joined(separator: ", "))), "
                    + "found \(key.map(\.name).joined(separator: ", "))")
        }
        if within != nil, rowKey.window == nil {
            throw TableMistake(
                key: "within",
                reason: "expected a table with a time in its key, the beginning of a window; found \(table)")
        }
        let others = all.indices.filter { !rowKey.columns.contains($0) }.map { all[$0] }
        for name in columns where !others.contains(where: { $0.name == name }) {
            throw TableMistake(
                key: "members",
                reason: "expected columns of \(table) (\(others.map(\.name).joined(separator: ", "))), found \(name)")
        }
        let chosen = columns.isEmpty ? others : columns.compactMap { name in others.first { $0.name == name } }
        return description(id, chosen.map { EnricherDescription.Member(name: $0.name, kind: $0.kind) })
    }
}

extension TableColumn {
    fileprivate var kind: EnricherDescription.Member.Kind {
        switch type {
        case .text: .text
        case .integer: .integer
        case .number: .number
        case .boolean: .boolean
        case .time: .time
        }
    }
}
