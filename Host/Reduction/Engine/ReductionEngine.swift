package import EventLog
import Glibc
package import KeyValueStore
package import PluginHost
import Records
import Synchronization

/// Folds a log as it grows: groups of plugins, each in its shards and at its own place in the log; checkpoints into a
/// store; views for those who watch. All members: any thread.
package final class ReductionEngine: Sendable {
    /// All plugins of this process are one group; each that runs in a worker is one of its own.
    private enum GroupID: Hashable {
        case inProcess
        case worker(plugin: String)
    }

    /// A group, and what others have folded in its place before.
    private struct Member {
        let group: any ShardGroup
        var foldedBefore: UInt64 = 0

        var folded: UInt64 { foldedBefore + group.folded }
    }

    /// What folds at present.
    private struct Live {
        var plugins: [PluginBuild]
        var columns: DerivedColumns
        var members: [GroupID: Member] = [:]
        /// The build that ran before the present one, by plugin.
        var previous: [String: PluginBuild] = [:]
    }

    package let views: Views
    private let parts: EngineParts
    private let workers: Workers
    private let live: Mutex<Live>
    private let onTrouble: @Sendable (PluginBuild, PluginTrouble) -> Void
    /// Held while plugins are being replaced.
    private let replacing = Mutex(())

    /// Restores the last checkpoints and starts to fold what the log holds after them.
    ///
    /// - Parameters:
    ///   - activity: where it is noted what plugins of this process are asked.
    ///   - skips: the file that repeats which events plugins skip.
    ///   - mayLackFunctions: go on without derived columns whose function is not there; see `lackingColumns`.
    ///   - report: receives what plugins in workers write to the log; any thread.
    ///   - onTrouble: told when a plugin's worker has ended, and what follows; any thread.
    /// - Throws: `RestoreError` or what the store throws: a checkpoint that can't be continued is never guessed at.
    ///   `DerivedColumnsError` if the settings add columns to tables that can't be.
    package init(
        _ log: EventLog, _ store: any KeyValueStore, _ plugins: [PluginBuild], _ configuration: ReductionConfiguration,
        activity: ActivityFile? = nil, skips: String, mayLackFunctions: Bool = false,
        report: @escaping @Sendable (PluginMessage) -> Void,
        onTrouble: @escaping @Sendable (PluginBuild, PluginTrouble) -> Void
    ) throws {
        let workers = Workers()
        self.workers = workers
        self.onTrouble = onTrouble
        let columns = try DerivedColumns(
            configuration.tables, plugins.map(\.description), functions: workers.functions(of: plugins),
            mayLackFunctions: mayLackFunctions)
        let views = Views(plugins, columns, store: store, partitions: log.identity.partitions) {
            WorkerView($0, $1, workers, $2)
        }
        self.views = views
        parts = EngineParts(
            log: log, store: store, configuration: configuration,
            commits: CheckpointThread(store) { views.committed($0) }, views: views, activity: activity,
            skips: try SkippedEvents(log, path: skips), report: report)
        live = Mutex(Live(plugins: plugins, columns: columns))
        var members: [GroupID: Member] = [:]
        for (id, builds) in Self.groups(of: plugins) { members[id] = Member(group: try makeGroup(builds, anew: [])) }
        for plugin in members.values.flatMap(\.group.rebuilt) { parts.commits.discard(plugin: plugin) }
        live.withLock { $0.members = members }
        workers.set(members.values.map(\.group))
        for member in members.values {
            member.group.goLive()
            member.group.start()
        }
    }

    package var plugins: [PluginBuild] { live.withLock { $0.plugins } }

    /// The sources of all plugins.
    package var sources: [any SourceDecoding] {
        let workers = workers
        return plugins.flatMap { build -> [any SourceDecoding] in
            build.code?.sources
                ?? build.description.sources.map { WorkerSource(id: $0, plugin: build.id, workers: workers) }
        }
    }

    /// The derived columns that are left out because no plugin has their function, a sentence each.
    package var lackingColumns: [String] { live.withLock { $0.columns.lacking } }

    /// Events that were folded, and that were duplicates, since the start.
    package var folded: UInt64 { live.withLock { $0.members.values.map(\.folded).max() ?? 0 } }
    package var duplicates: UInt64 { live.withLock { $0.members.values.map(\.group.duplicates).max() ?? 0 } }
    /// Checkpoints that were committed since the start.
    package var checkpoints: Int { parts.commits.committed }

    /// What keeps plugins from folding, by their ids. The others go on.
    package var troubles: [String: PluginTrouble] { workers.troubles }

    /// Why folding has stopped, or nil.
    package var failure: (any Error)? {
        live.withLock { $0.members.values.lazy.compactMap(\.group.failure).first } ?? parts.commits.failure
            ?? views.failure
    }

    /// Folds all that is durable, takes a last checkpoint and ends.
    package func close() {
        replacing.withLock { _ in
            for member in live.withLock({ $0.members.values.map(\.group) }) { member.stop() }
            parts.commits.close()
            views.close()
        }
    }

    private static func groups(of plugins: [PluginBuild]) -> [GroupID: [PluginBuild]] {
        Dictionary(grouping: plugins) { $0.code == nil ? .worker(plugin: $0.id) : .inProcess }
    }

    /// A follower.
    private func makeGroup(_ builds: [PluginBuild], anew: Set<String>) throws -> any ShardGroup {
        if builds[0].code != nil { return try LocalGroup(builds, parts, anew: anew) }
        let build = builds[0]
        let before = live.withLock { live in live.plugins.first { $0.id == build.id && $0 !== build } }
        return try WorkerGroup(
            build, parts, anew: anew.contains(build.id), previous: before, onTrouble: onTrouble)
    }

    /// The plugins that can't go on from what their builds before have folded, whether it has been stored or not.
    private static func changed(from before: [PluginBuild], to after: [PluginBuild]) -> [String] {
        before.filter { old in
            after.contains { $0.id == old.id && !CheckpointSummary(old.description).covers($0.description) }
        }.map(\.id)
    }
}

/// Why plugins could not be replaced. The ones before go on.
package struct ReplacementError: Error, CustomStringConvertible {
    package let description: String
}

extension ReductionEngine {
    /// What replacing came to.
    package struct Replacement: Sendable {
        /// Plugins that fold the log from its first record, since their states are of another version.
        package let rebuilt: Set<String>
        package let seconds: Double
        /// The longest that a shard's events waited: from when the group before had folded all up to the generation's record
        /// until the new one had. In seconds; 0 where nothing was folded before.
        package let pause: Double
    }

    /// Goes on with other plugins, builds or sets of them, without losing an event.
    ///
    /// Beside the groups that fold now, others are made for what has changed: they restore the last checkpoints, or begin
    /// with the first record where a plugin can't go on from its own, and fold what follows. When they have caught up, the
    /// log is told of the new generation, and at that record they take over, at once: only their checkpoints wait until those
    /// of the groups before have been handed to the store. Whatever fails before leaves all as it was.
    /// Blocks for as long as that takes, and where states are made anew until the store has them, which is what views
    /// show; one at a time.
    ///
    /// - Parameter anew: plugins that begin with the first record whatever their checkpoints say.
    /// - Throws: `RestoreError` if a build can't read its plugin's states, `DerivedColumnsError` if functions that derived
    ///   columns call would go or change, `ReplacementError` with what else failed.
    package func replacePlugins(_ plugins: [PluginBuild], anew: Set<String> = []) throws -> Replacement {
        try replacing.withLock { _ in
            let began = MonotonicClock.microseconds
            if let failure { throw ReplacementError(description: "the host has stopped folding: \(failure)") }
            let before = live.withLock { $0 }
            let descriptions = plugins.map(\.description)
            try before.columns.checkReplacement(by: descriptions)
            let columns = try DerivedColumns(
                parts.configuration.tables, descriptions, functions: workers.functions(of: plugins),
                mayLackFunctions: !before.columns.lacking.isEmpty)
            var members: [GroupID: Member] = [:]
            var followers: [GroupID: any ShardGroup] = [:]
            var ending: [any ShardGroup] = []
            do {
                for (id, builds) in Self.groups(of: plugins) {
                    if let kept = before.members[id], kept.group.builds.elementsEqual(builds, by: ===),
                        !builds.contains(where: { anew.contains($0.id) })
                    {
                        members[id] = kept
                    } else {
                        let group = try makeGroup(builds, anew: anew)
                        followers[id] = group
                        group.start()
                    }
                }
                try catchUp(followers.values)
                let generation = Generation(plugins)
                for follower in followers.values { follower.start(with: generation) }
                ending = before.members.filter { members[$0.key] == nil }.values.map(\.group)
                for group in ending { group.end(at: generation) }
                try generation.append(to: parts.log)
                for group in ending { group.join() }
            } catch {
                for follower in followers.values { follower.stop() }
                throw error
            }
            while let late = followers.values.first(where: { $0.takeOverTimes.contains(nil) }),
                late.failure == nil, failure == nil
            {
                usleep(500)
            }
            let rebuilt = followers.values.reduce(into: Set(Self.changed(from: before.plugins, to: plugins))) {
                $0.formUnion($1.rebuilt)
            }
            for plugin in rebuilt { parts.commits.discard(plugin: plugin) }
            for (id, follower) in followers {
                let since = follower.folded
                let others = folded
                members[id] = Member(
                    group: follower, foldedBefore: before.members[id]?.folded ?? others - min(others, since))
            }
            live.withLock { live in
                for old in live.plugins where !plugins.contains(where: { $0 === old }) { live.previous[old.id] = old }
                live.plugins = plugins
                live.columns = columns
                live.members = members
            }
            workers.set(members.values.map(\.group))
            let pause = Self.longestPause(from: ending, to: followers.values)
            parts.commits.flush()
            let stored = parts.commits.committed + followers.count * parts.owned.count
            for follower in followers.values { follower.goLive() }
            // What is shown changes when there is something to show. Each shard takes a checkpoint as soon as it is live.
            let patience = MonotonicClock.microseconds + 2_000_000
            while !rebuilt.isEmpty, parts.commits.committed < stored, parts.commits.failure == nil,
                MonotonicClock.microseconds < patience
            {
                usleep(500)
            }
            views.replace(plugins, columns)
            return Replacement(
                rebuilt: rebuilt, seconds: Double(MonotonicClock.microseconds - began) / 1e6, pause: pause)
        }
    }

    /// The build that ran before the present one.
    package func previous(of plugin: String) -> PluginBuild? { live.withLock { $0.previous[plugin] } }

    /// The longest that the events of a shard waited, in seconds.
    private static func longestPause(
        from ending: [any ShardGroup], to followers: some Collection<any ShardGroup>
    ) -> Double {
        var longest: Int64 = 0
        for follower in followers {
            let plugins = Set(follower.builds.map(\.id))
            for group in ending where group.builds.contains(where: { plugins.contains($0.id) }) {
                // Shards of all groups have the same partitions.
                for (end, takeOver) in zip(group.endTimes, follower.takeOverTimes) {
                    if let end, let takeOver { longest = max(longest, takeOver - end) }
                }
            }
        }
        return Double(longest) / 1e6
    }

    /// Waits until the followers are so near the log's end that waiting for them holds nobody up.
    private func catchUp(_ followers: some Collection<any ShardGroup>) throws {
        while true {
            if let failure = followers.lazy.compactMap(\.failure).first { throw failure }
            if let failure { throw ReplacementError(description: "the host has stopped folding: \(failure)") }
            if followers.allSatisfy({ $0.distance < 256 << 10 }) { return }
            usleep(1000)
        }
    }
}
