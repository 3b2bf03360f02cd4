import Foundation
import Records

/// The plugins that operators have disabled while the host ran, in a file of the data folder, so that they stay off when
/// it starts again.
struct DisabledPlugins {
    private struct Entry: Codable {
        /// When it was disabled: an RFC 3339 time stamp.
        let since: String
    }

    private let path: String
    /// By the plugin's id.
    private var entries: [String: Entry]

    init(data: String) {
        path = "\(data)/disabled.json"
        let stored = try? Data(contentsOf: URL(filePath: path))
        entries = stored.flatMap { try? JSONDecoder().decode([String: Entry].self, from: $0) } ?? [:]
    }

    /// Since when each plugin is off, by its id.
    var since: [String: String] { entries.mapValues(\.since) }

    mutating func add(_ plugin: String) throws {
        guard entries[plugin] == nil else { return }
        entries[plugin] = Entry(since: JSONOutput.time(WallClock.microseconds / 1_000_000 * 1_000_000))
        try store()
    }

    mutating func remove(_ plugin: String) throws {
        guard entries.removeValue(forKey: plugin) != nil else { return }
        try store()
    }

    private func store() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(entries).write(to: URL(filePath: path), options: .atomic)
    }
}
