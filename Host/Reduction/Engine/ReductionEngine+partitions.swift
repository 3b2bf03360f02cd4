import EventLog
import KeyValueStore
import PluginHost
import Records
import Synchronization

extension ReductionEngine {
    /// The partitions that it folds.
    package var partitions: [Int] { parts.partitions }

    /// Folds these partitions of a log that several hosts share, and no others any more: stops with a last checkpoint of what it
    /// had, so that the next owner goes on from there, draws new epochs, and goes on from the checkpoints that the store has.
    /// Blocks for as long as that takes.
    ///
    /// - Throws: what the log or the store throws, or `RestoreError`. It folds nothing then.
    package func own(_ partitions: [Int]) throws {
        try replacing.withLock { _ in
            guard !live.withLock({ $0.isClosed }) else { return }
            stopFolding()
            do {
                try parts.log.assign(partitions)
                try fold(partitions)
            } catch {
                try fold([])
                throw error
            }
        }
    }

    /// Takes last checkpoints and ends the groups. What can't be stored any more, whoever has the partitions now folds again.
    func stopFolding() {
        ticks.withLock { ticks in
            ticks?.stop()
            ticks = nil
        }
        let (parts, members) = live.withLock { ($0.parts, $0.members) }
        for member in members.values { member.group.stopFolding() }
        parts.commits.close()
        live.withLock { $0.checkpointsBefore += parts.commits.committed }
    }

    /// Makes the groups that fold these partitions. Nothing folds when it is called.
    func fold(_ partitions: [Int]) throws {
        let before = parts
        // A store that was cleared knows no epochs, and a warehouse still does: so they are never less than the time.
        let now = UInt64(WallClock.microseconds)
        let epochs =
            partitions.isEmpty
            ? Epochs(log: before.log.identity.id, numbers: [:])
            : try before.store.acquire(
                log: before.log.identity.id, partitions: partitions,
                atLeast: Dictionary(uniqueKeysWithValues: partitions.map { ($0, now) }))
        try before.rules.own(epochs)
        _ = try before.rules.record(live.withLock { $0.rules } ?? before.configuration.filters)
        try before.skips.own(epochs)
        let parts = before.owning(epochs)
        let (plugins, old) = live.withLock { live in
            live.parts = parts
            return (live.plugins, live.members)
        }
        var members: [GroupID: Member] = [:]
        do {
            for (id, builds) in Self.groups(of: plugins) {
                members[id] = Member(
                    group: try makeGroup(builds, anew: []), foldedBefore: old[id]?.folded ?? 0)
            }
        } catch {
            // Their threads may not outlive what they are part of.
            for member in members.values { member.group.stop() }
            parts.commits.close()
            throw error
        }
        for group in members.values.map(\.group) {
            for plugin in group.rebuilt { parts.commits.replace(plugin: plugin, with: []) }
            for (plugin, checkpoints) in group.migrated { parts.commits.replace(plugin: plugin, with: checkpoints) }
        }
        // Who looks at states from now on finds those.
        parts.commits.flush()
        let new = members
        live.withLock { $0.members = new }
        workers.set(new.values.map(\.group))
        // Until now ingest and views could ask their workers.
        for member in old.values { member.group.stop() }
        views.own(epochs)
        for member in new.values {
            member.group.goLive()
            member.group.start()
        }
        let owned = parts.owned
        let log = parts.log
        ticks.withLock {
            $0 = TickThread(log, owned: owned) { [weak self] in
                self?.live.withLock { $0.members.values.map(\.group) }.map(\.timers) ?? []
            }
        }
    }
}
