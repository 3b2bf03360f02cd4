package import PluginHost

/// Several sinks of tables as one, each with the tables that it wants.
package struct TableSinks: TableSink {
    package struct Member: Sendable {
        let sink: any TableSink
        let tables: Set<TableID>?

        /// - Parameter tables: nil: all.
        package init(_ sink: any TableSink, tables: Set<TableID>?) {
            self.sink = sink
            self.tables = tables
        }
    }

    private let members: [Member]

    /// Nil if there is none.
    package init?(_ members: [Member]) {
        if members.isEmpty { return nil }
        self.members = members
    }

    package var plugins: Set<String>? {
        members.reduce(into: []) { all, member in
            let own = member.tables.map { Set($0.map(\.plugin)) } ?? member.sink.plugins
            all = all.flatMap { all in own.map(all.union) }
        }
    }

    package func take(_ changes: TableChanges) {
        for member in members {
            guard let wanted = member.tables else {
                member.sink.take(changes)
                continue
            }
            let tables = changes.tables.filter { wanted.contains($0.id) }
            if tables.isEmpty { continue }
            member.sink.take(
                TableChanges(
                    plugin: changes.plugin, origin: changes.origin, isWhole: changes.isWhole,
                    positions: changes.positions, tables: tables))
        }
    }

    package func onLoss(_ again: @escaping @Sendable (_ plugin: String) -> Void) {
        for member in members { member.sink.onLoss(again) }
    }
}
