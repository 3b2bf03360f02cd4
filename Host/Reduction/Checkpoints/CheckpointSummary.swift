import Foundation
import PluginHost

/// What a checkpoint says of the build that made it: stored as its summary.
///
/// The states of a reducer are the fold of all its events, so a build can go on from a checkpoint only if each of its
/// reducers took part in it as it is now. A new reducer, or one whose version, key or events have changed, has to see the
/// log from its first record.
struct CheckpointSummary: Codable {
    /// SHA-256 of the library.
    let build: String
    /// What each reducer was, by its id.
    let reducers: [String: String]

    init(_ plugin: PluginDescription) {
        build = plugin.identity.build
        reducers = Dictionary(uniqueKeysWithValues: plugin.reducers.map { ($0.id, Self.text($0)) })
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

    /// Whether the build can go on from such a checkpoint.
    func covers(_ plugin: PluginDescription) -> Bool {
        plugin.reducers.allSatisfy { reducers[$0.id] == Self.text($0) }
    }

    private static func text(_ reducer: ReducerDescription) -> String {
        let key = reducer.key.map { "\($0.name)=\($0.kind)" }.joined(separator: ",")
        return "version \(reducer.version) of [\(key)] from \(reducer.types.sorted())"
    }
}
