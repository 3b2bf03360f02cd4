import PluginHost
import Synchronization

/// Which build of each plugin ran before the one that runs, in a file of the data folder, so that operators can go back. All
/// members: any thread.
final class BuildHistory: Sendable {
    private let file: JSONFile<[String: [String]]>
    /// By the plugin's id: the staged libraries of the build that runs and of the one before, if there was one.
    private let builds: Mutex<[String: [String]]>

    init(data: String) {
        file = JSONFile(path: "\(data)/builds.json")
        builds = Mutex(file.read() ?? [:])
    }

    /// The staged library of the build before the one that runs; nil if none is known.
    func before(_ plugin: String) -> String? {
        builds.withLock { builds in builds[plugin].flatMap { $0.count > 1 ? $0[1] : nil } }
    }

    /// Notes what runs now.
    func note(_ plugins: [PluginBuild]) throws {
        try builds.withLock { builds in
            let known = builds
            for plugin in plugins where builds[plugin.id]?.first != plugin.path {
                builds[plugin.id] = [plugin.path] + (builds[plugin.id] ?? []).prefix(1)
            }
            if builds != known { try file.write(builds) }
        }
    }
}
