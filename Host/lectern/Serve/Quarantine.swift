import Foundation
import PluginHost
import Reduction

/// The builds that have crashed the host, in a file of the data folder: one that does it again and again is not loaded
/// any more, so that the host goes on with the others.
struct Quarantine {
    struct Entry: Codable {
        /// SHA-256 of the library.
        let build: String
        /// How often the host has crashed in it.
        var crashes: Int
        /// What it was doing the last time.
        var last: String
    }

    /// So many crashes put a build away.
    static let limit = 3

    private let path: String
    /// By the plugin's id.
    private(set) var entries: [String: Entry]

    init(data: String) {
        path = "\(data)/quarantine.json"
        let stored = try? Data(contentsOf: URL(filePath: path))
        entries = stored.flatMap { try? JSONDecoder().decode([String: Entry].self, from: $0) } ?? [:]
    }

    /// Counts a crash of the host in a plugin.
    mutating func note(_ call: PluginCall) throws {
        var entry =
            entries[call.plugin].flatMap { $0.build == call.build ? $0 : nil }
            ?? Entry(build: call.build, crashes: 0, last: "")
        entry.crashes += 1
        entry.last = "\(call)"
        entries[call.plugin] = entry
        try store()
    }

    /// Forgets what a plugin did. Returns whether there was something.
    mutating func release(_ plugin: String) throws -> Bool {
        guard entries.removeValue(forKey: plugin) != nil else { return false }
        try store()
        return true
    }

    /// Why builds are kept off, by their SHA-256.
    var reasons: [String: String] {
        let put = entries.filter { $0.value.crashes >= Self.limit }
        return Dictionary(
            put.map { id, entry in
                (
                    entry.build,
                    "the host has crashed in it \(entry.crashes) times; the last time \(entry.last). Install another "
                        + "build, or try again with: lectern plugin release \(id)"
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func store() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(entries).write(to: URL(filePath: path), options: .atomic)
    }
}
