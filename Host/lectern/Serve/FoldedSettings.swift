import PluginHost
import Records
import Synchronization

/// With which settings of its own each plugin folds, in a file of the data folder. What was folded with others stays as it was,
/// and no checkpoint says so: operators are told when they change. All members: any thread.
final class FoldedSettings: Sendable {
    private let file: JSONFile<[String: String]>
    /// By the plugin's id: a JSON object.
    private let settings: Mutex<[String: String]>

    init(data: String) {
        file = JSONFile(path: "\(data)/plugin-settings.json")
        settings = Mutex(file.read() ?? [:])
    }

    /// Notes what holds from now on. Returns a sentence for each plugin that folded with other settings before.
    ///
    /// - Parameter anew: plugins whose states are made anew, so that all of them are folded with these.
    func note(_ plugins: [PluginBuild], anew: Set<String>) throws -> [String] {
        try settings.withLock { settings in
            let known = settings
            var changes: [String] = []
            for plugin in plugins where plugin.stop == nil && !plugin.description.reducers.isEmpty {
                settings[plugin.id] = plugin.settings
                guard let before = known[plugin.id], !anew.contains(plugin.id) else { continue }
                let differences = FieldDifference.all(try? JSONTree(json: before), try? JSONTree(json: plugin.settings))
                if differences.isEmpty { continue }
                changes.append(
                    "the settings of \(plugin.id) have changed: \(differences.map(\.text).joined(separator: ", ")). What was "
                        + "folded before stays as it was; unless only tables follow from these settings, have it folded "
                        + "anew: lectern plugin rebuild \(plugin.id)")
            }
            if settings != known { try file.write(settings) }
            return changes
        }
    }
}
