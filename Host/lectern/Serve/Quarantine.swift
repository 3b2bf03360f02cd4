import PluginHost
import Synchronization

/// The builds that have ended the host or their workers, in a file of the data folder, until an operator releases them.
/// Another build of the plugin is not affected. All members: any thread.
final class Quarantine: Sendable {
    struct Entry: Codable {
        enum Kind: String, Codable {
            /// It has ended the host, and now runs in a worker.
            case isolated
            /// It does not fold.
            case off
            /// The build before runs.
            case replaced
        }

        let plugin: String
        let kind: Kind
        /// Microseconds since 1970 UTC.
        let since: Int64
        let reason: String
        /// Of `replaced`: the staged library of the build before.
        var instead: String?

        /// The same for a build in whose place another goes on.
        func replaced(by instead: String) -> Entry {
            Entry(plugin: plugin, kind: .replaced, since: since, reason: reason, instead: instead)
        }

        fileprivate var verdict: Verdict {
            let stop = Verdict.Stop(
                since: since, reason: "\(reason). Install another build, or: lectern plugin release \(plugin)")
            return switch kind {
            case .isolated: .isolated
            case .off: .off(stop)
            case .replaced: .replaced(by: instead ?? "", stop)
            }
        }
    }

    private let file: JSONFile<[String: Entry]>
    /// By the SHA-256 of the library.
    private let entries: Mutex<[String: Entry]>

    init(data: String) {
        file = JSONFile(path: "\(data)/quarantine.json")
        entries = Mutex(file.read() ?? [:])
    }

    var verdicts: [String: Verdict] { entries.withLock { $0.mapValues(\.verdict) } }

    /// The plugins of which it has builds.
    var plugins: Set<String> { entries.withLock { Set($0.values.map(\.plugin)) } }

    func add(_ build: String, _ entry: Entry) throws {
        try entries.withLock { entries in
            entries[build] = entry
            try file.write(entries)
        }
    }

    /// Forgets what a plugin's builds did. Returns whether there was something.
    func release(_ plugin: String) throws -> Bool {
        try entries.withLock { entries in
            let kept = entries.filter { $0.value.plugin != plugin }
            guard kept.count < entries.count else { return false }
            entries = kept
            try file.write(kept)
            return true
        }
    }
}
