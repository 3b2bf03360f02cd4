import Hummingbird
import NIOPosix

/// What an operator wants of a running host's plugins.
package enum PluginRequest: Sendable, Equatable {
    /// Go on with what the folder holds; nil: look at all plugins.
    case reload(String?)
    /// The same for one plugin, whose states are then made anew from the log's first record.
    case rebuild(String)
    /// Try a plugin again whose build was put away.
    case release(String)
    /// Go back to the build that ran before the present one, whatever the file holds, until it is released or replaced.
    case rollback(String)
    /// Load a plugin that was disabled; it goes on from its checkpoint.
    case enable(String)
    /// Keep a plugin off, until it is enabled. Its checkpoint stays.
    case disable(String)
}

/// What a reload came to.
package struct PluginReload: Sendable {
    package var changes: [PluginChange]
    /// Why files of the folder were not loaded, a sentence each. A build that is refused leaves the one before running.
    package var refusals: [String]
    /// Plugins that fold the log from its first record, since their states are of another version.
    package var rebuilt: [String] = []
    /// Plugins that go on from states of another version, which their authors' migrations have converted.
    package var migrated: [String] = []
    /// What new builds made of the log's last events, against the builds before.
    package var shadows: [Shadow] = []
    /// How long it took until the new generation folded.
    package var seconds = 0.0
    /// The longest that a shard's events waited for the new generation, in seconds.
    package var pause = 0.0

    package init(changes: [PluginChange], refusals: [String]) {
        self.changes = changes
        self.refusals = refusals
    }
}

extension PluginReload {
    /// A new build and the one before, folding the same events from empty states.
    package struct Shadow: Sendable {
        package let id: String
        package let events: Int
        /// States of the build before, and how many are others in the new one.
        package let states: Int
        package let changed: Int

        package init(id: String, events: Int, states: Int, changed: Int) {
            self.id = id
            self.events = events
            self.states = states
            self.changed = changed
        }
    }
}

/// A plugin that a reload has changed.
package struct PluginChange: Sendable {
    package enum Kind: String, Sendable {
        case added, replaced, removed
    }

    package let id: String
    package let kind: Kind
    /// SHA-256 of the library.
    package let build: String

    package init(id: String, kind: Kind, build: String) {
        self.id = id
        self.kind = kind
        self.build = build
    }
}

/// Why nothing was replaced, in a sentence for people.
package enum PluginReloadError: Error, Equatable {
    /// There is no such plugin.
    case unknown(String)
    /// The plugins before go on.
    case failed(String)
}

extension PluginChange {
    /// A change and what became of the plugin's states, for people.
    package static func text(
        _ id: String, _ change: String, build: String, isRebuilt: Bool, isMigrated: Bool
    ) -> String {
        let states =
            isRebuilt ? ", its states made anew from the first record" : isMigrated ? ", its states migrated" : ""
        return "\(id) \(change): build \(build.prefix(12))\(states)"
    }
}

/// Operators replace plugins: `POST /api/v1/plugins/reload` looks at the whole folder, `POST /api/v1/plugins/{id}/reload`
/// at one plugin; `rebuild`, `enable`, `disable`, `release` and `rollback` in its place are what `PluginRequest` says.
///
/// Each answers when the new generation folds, or with an error that says why the one before goes on:
/// `{"changes": [{"id", "change", "build"}], "rebuilt": […], "migrated": […], "shadow": [{"id", "events", "states", "changed"}],
/// "refused": […], "seconds", "pause"}`. `seconds` is how long that took, `pause` the longest that the events of a shard
/// waited between the one generation and the other.
struct PluginRoutes {
    let change: @Sendable (PluginRequest) throws(PluginReloadError) -> PluginReload

    func add(to router: Router<WebRequestContext>) {
        router.post("/api/v1/plugins/reload") { _, context in
            try context.require(.operator)
            return try await answer(.reload(nil))
        }
        let requests: [(name: String, of: @Sendable (String) -> PluginRequest)] = [
            ("reload", { .reload($0) }), ("rebuild", { .rebuild($0) }), ("enable", { .enable($0) }),
            ("disable", { .disable($0) }), ("release", { .release($0) }),
            ("rollback", { .rollback($0) }),
        ]
        for request in requests {
            router.post("/api/v1/plugins/{id}/\(request.name)") { _, context in
                try context.require(.operator)
                return try await answer(request.of(context.parameters.require("id")))
            }
        }
    }

    private func answer(_ request: PluginRequest) async throws -> Response {
        let change = change
        // Restores states and folds what came since.
        let result = try await NIOThreadPool.singleton.runIfActive {
            do throws(PluginReloadError) {
                return try change(request)
            } catch .unknown(let reason) {
                throw WebError.notFound(reason)
            } catch .failed(let reason) {
                throw WebError(.conflict, "reload-failed", reason)
            }
        }
        var json = JSONWriter()
        json.object { json in
            json.key("changes")
            json.array(result.changes) { json, change in
                json.object { json in
                    json.member("id", change.id)
                    json.member("change", change.kind.rawValue)
                    json.member("build", change.build)
                }
            }
            json.key("rebuilt")
            json.array(result.rebuilt) { $0.text($1) }
            json.key("migrated")
            json.array(result.migrated) { $0.text($1) }
            json.key("shadow")
            json.array(result.shadows) { json, shadow in
                json.object { json in
                    json.member("id", shadow.id)
                    json.member("events", Int64(shadow.events))
                    json.member("states", Int64(shadow.states))
                    json.member("changed", Int64(shadow.changed))
                }
            }
            json.key("refused")
            json.array(result.refusals) { $0.text($1) }
            json.key("seconds")
            json.number(result.seconds)
            json.key("pause")
            json.number(result.pause)
        }
        return Response.json(json)
    }
}
