import Foundation
import PluginHost

/// What a checkpoint says of the build that made it: stored as its summary.
///
/// The states of a reducer are the fold of all its events, so a build can go on from a checkpoint only if each of its
/// reducers took part in it as it is now. A new reducer, or one whose version, key or events have changed, has to see the
/// log from its first record, unless an author has said how its states pass from one version to the other.
struct CheckpointSummary: Codable {
    /// SHA-256 of the library.
    let build: String
    /// What its reducers were.
    let reducers: [ReducerDescription]
    /// What its migrations were.
    let migrations: [Migration]
    /// The latest time of an event that was folded in the partition: microseconds since 1970 UTC; nil if the build has no windows,
    /// or has folded none.
    let latest: Int64?

    /// A migration, and the build that has it.
    struct Edge: Equatable {
        let migration: Migration
        /// SHA-256 of the library.
        let build: String
    }

    init(_ plugin: PluginDescription, latest: Int64? = nil) {
        self.latest = latest
        build = plugin.identity.build
        reducers = plugin.reducers
        migrations = plugin.migrations
    }

    /// Nil if the checkpoint says nothing of it.
    init?(_ stored: [UInt8]) {
        guard let summary = try? JSONDecoder().decode(Self.self, from: Data(stored)) else { return nil }
        self = summary
    }

    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? encoder.encode(self)).map(Array.init) ?? []
    }

    /// The migrations by which the build can go on from such a checkpoint, none if it can as it is; nil if it can't.
    func edges(to plugin: PluginDescription) -> [Edge]? {
        var edges: [Edge] = []
        for reducer in plugin.reducers {
            guard let stored = reducers.first(where: { $0.id == reducer.id }), stored.key == reducer.key,
                stored.windows == reducer.windows
            else {
                return nil
            }
            if stored.version == reducer.version {
                guard Set(stored.types) == Set(reducer.types) else { return nil }
                continue
            }
            let migration = Migration(reducer: reducer.id, from: stored.version, to: reducer.version)
            if plugin.migrations.contains(migration) {
                edges.append(Edge(migration: migration, build: plugin.identity.build))
            } else if migrations.contains(migration) {
                edges.append(Edge(migration: migration, build: build))
            } else {
                return nil
            }
        }
        return edges
    }
}
