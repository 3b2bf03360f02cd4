import Glibc
package import PluginHost
import Records
import Synchronization

/// Why plugins could not be replaced. The ones before go on.
package struct ReplacementError: Error, CustomStringConvertible {
    package let description: String
}

extension ReductionEngine {
    /// What replacing came to.
    package struct Replacement: Sendable {
        /// Plugins that fold the log from its first record, since their states are of another version.
        package let rebuilt: Set<String>
        /// Plugins that go on from states of another version, which their authors' migrations have converted.
        package let migrated: Set<String>
        /// What builds that took over from others made of the log's last events, by their plugins.
        package let shadows: [String: Shadow.Report]
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
            let shadows = try shadows(of: plugins, before.plugins, besides: anew)
            let succession = try succession(from: before.members, to: plugins, anew: anew)
            try takeOver(succession, Generation(plugins))
            let followers = succession.followers.values
            let migrated = followers.reduce(into: [:]) { $0.merge($1.migrated) { $1 } }
            let rebuilt = followers.reduce(into: Set(Self.changed(from: before.plugins, to: plugins))) {
                $0.formUnion($1.rebuilt)
            }.subtracting(migrated.keys)
            for plugin in rebuilt { parts.commits.replace(plugin: plugin, with: []) }
            for (plugin, checkpoints) in migrated { parts.commits.replace(plugin: plugin, with: checkpoints) }
            live.withLock { live in
                live.plugins = plugins
                live.columns = columns
                live.members = succession.members(foldedBefore: before.members)
            }
            workers.set(live.withLock { $0.members.values.map(\.group) })
            goLive(succession.followers, awaitingTheirStates: !rebuilt.isEmpty)
            views.replace(plugins, columns)
            // What was shown of the same build was in the worker that has ended.
            for build in followers.flatMap(\.builds)
            where build.code == nil && before.plugins.contains(where: { $0 === build }) {
                views.reopen(build.id)
            }
            return Replacement(
                rebuilt: rebuilt, migrated: Set(migrated.keys), shadows: shadows,
                seconds: Double(MonotonicClock.microseconds - began) / 1e6,
                pause: succession.longestPause)
        }
    }

    /// Which groups go on, which begin, and which end.
    private struct Succession {
        var kept: [GroupID: Member] = [:]
        var followers: [GroupID: any ShardGroup] = [:]
        var ending: [any ShardGroup] = []

        /// The groups that are live afterwards, each counting on from what was folded in its place.
        func members(foldedBefore before: [GroupID: Member]) -> [GroupID: Member] {
            let folded = before.values.map(\.folded).max() ?? 0
            return followers.reduce(into: kept) { members, follower in
                let (id, group) = follower
                members[id] = Member(
                    group: group, foldedBefore: before[id]?.folded ?? folded - min(folded, group.folded))
            }
        }

        /// The longest that the events of a shard waited, in seconds.
        var longestPause: Double {
            var longest: Int64 = 0
            for follower in followers.values {
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
    }

    /// Makes followers for what has changed, and waits until they have caught up.
    private func succession(
        from before: [GroupID: Member], to plugins: [PluginBuild], anew: Set<String>
    ) throws -> Succession {
        var succession = Succession()
        do {
            for (id, builds) in Self.groups(of: plugins) {
                if let kept = before[id], kept.group.builds.elementsEqual(builds, by: ===),
                    !builds.contains(where: { anew.contains($0.id) })
                {
                    succession.kept[id] = kept
                } else {
                    let group = try makeGroup(builds, anew: anew)
                    succession.followers[id] = group
                    group.start()
                }
            }
            // A plugin that can't fold at present is not kept waiting: what goes wrong with it is dealt with when it is live.
            try catchUp(succession.followers.values.filter { !$0.builds.contains { hasTrouble($0.id) } })
        } catch {
            for follower in succession.followers.values { follower.stop() }
            throw error
        }
        succession.ending = before.filter { succession.kept[$0.key] == nil }.values.map(\.group)
        return succession
    }

    /// Tells the log of the generation, and waits until the groups before have ended at it and the followers have come to it.
    private func takeOver(_ succession: Succession, _ generation: Generation) throws {
        let followers = succession.followers.values
        for follower in followers { follower.start(with: generation) }
        for group in succession.ending { group.end(at: generation) }
        do {
            try generation.append(to: parts.log, parts.partitions)
        } catch {
            for follower in followers { follower.stop() }
            throw error
        }
        for group in succession.ending { group.join() }
        while let late = followers.first(where: { $0.takeOverTimes.contains(nil) }), late.failure == nil, failure == nil
        {
            usleep(500)
        }
    }

    /// Has the followers' checkpoints count, once those of the groups before have been handed to the store.
    ///
    /// - Parameter awaiting: whether to wait until the store has their first ones, which is what views show; each shard takes
    ///   one as soon as it is live.
    private func goLive(_ followers: [GroupID: any ShardGroup], awaitingTheirStates awaiting: Bool) {
        parts.commits.flush()
        let stored = parts.commits.committed + followers.count * parts.owned.count
        for follower in followers.values { follower.goLive() }
        let patience = MonotonicClock.microseconds + 2_000_000
        while awaiting, parts.commits.committed < stored, parts.commits.failure == nil,
            MonotonicClock.microseconds < patience
        {
            usleep(500)
        }
    }

    /// Tries each build that is to take over from another on the last events.
    private func shadows(
        of plugins: [PluginBuild], _ before: [PluginBuild], besides anew: Set<String>
    ) throws -> [String: Shadow.Report] {
        guard parts.configuration.shadow > 0 else { return [:] }
        let shadow = Shadow(parts, events: parts.configuration.shadow)
        var reports: [String: Shadow.Report] = [:]
        for build in plugins where build.stop == nil && !anew.contains(build.id) {
            guard let old = before.first(where: { $0.id == build.id }), old !== build, old.stop == nil,
                old.identity != build.identity, !hasTrouble(build.id)
            else { continue }
            reports[build.id] = try shadow.compare(build, with: old)
        }
        return reports
    }

    /// Whether the plugin can't fold at present: then any build is better.
    private func hasTrouble(_ plugin: String) -> Bool { troubles[plugin] != nil }

    /// Waits until the followers are so near the log's end that waiting for them holds nobody up. Under a load that leaves
    /// them no room to come that near, they need not for longer than a second.
    private func catchUp(_ followers: some Collection<any ShardGroup>) throws {
        var patience: Int64?
        while true {
            if let failure = followers.lazy.compactMap(\.failure).first { throw failure }
            if let failure { throw ReplacementError(description: "the host has stopped folding: \(failure)") }
            let distance = followers.map(\.distance).max() ?? 0
            if distance < 16 << 10 { return }
            if distance < 256 << 10 {
                let now = MonotonicClock.microseconds, end = patience ?? now + 1_000_000
                if now > end { return }
                patience = end
            }
            usleep(1000)
        }
    }
}
