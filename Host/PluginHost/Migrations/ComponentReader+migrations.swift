import CPluginAPI

extension ComponentReader {
    func migrations(of reducers: [ReducerComponent]) throws(PluginRefusal) -> [MigrationComponent] {
        guard let list = table(LECTERN_MIGRATIONS, as: lectern_migrations.self) else { return [] }
        var migrations: [MigrationComponent] = []
        for index in 0..<Int(list.count) {
            guard let item = list.items?[index] else {
                throw refuse("migration \(index)", wanted: "a lectern_migration", found: "none")
            }
            let migration = try migration(Self.copy(item), index, of: reducers)
            guard !migrations.contains(where: { $0.description == migration.description }) else {
                throw refuse(
                    "migration of \(migration.description)", wanted: "one of each kind", found: "two of this")
            }
            migrations.append(migration)
        }
        return migrations
    }

    private func migration(
        _ raw: lectern_migration, _ index: Int, of reducers: [ReducerComponent]
    ) throws(PluginRefusal) -> MigrationComponent {
        let id = raw.reducer.string
        guard let reducer = reducers.first(where: { $0.id == id }) else {
            throw refuse("migration \(index), reducer", wanted: "a reducer of this plugin", found: "“\(id)”")
        }
        let migration = Migration(reducer: id, from: Int(raw.from), to: Int(raw.to))
        guard (migration.from == reducer.version) != (migration.to == reducer.version) else {
            throw refuse(
                "migration of \(migration)", wanted: "to or from version \(reducer.version), which this build has",
                found: "from \(migration.from) to \(migration.to)")
        }
        try require(raw.convert != nil, "convert", of: "migration of \(migration)")
        return MigrationComponent(raw: raw, description: migration)
    }
}
