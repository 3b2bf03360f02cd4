import EventLog
import Glibc
import KeyValueStore
import PluginHost
import Records
import Rules
import Synchronization

/// Plugins that fold together, in shards that have their own places in the log: all that run in this process, or one that
/// runs in a worker. Begins as a follower, as its shards do. All members: any thread.
protocol ShardGroup: AnyObject, Sendable {
    var builds: [PluginBuild] { get }
    /// The plugins whose builds can't go on from their checkpoints and fold the log from its first record.
    var rebuilt: Set<String> { get }
    /// Of the plugins that go on from states of another version, by id: what the store has to hold in place of those.
    var migrated: [String: [Checkpoint]] { get }
    /// Why folding has stopped, or nil.
    var failure: (any Error)? { get }
    /// Events that were given to plugins, and those of them that were not folded, by a follower since it has taken over.
    var folded: UInt64 { get }
    var dropped: DroppedCounts { get }
    /// What the states of each shard wait for.
    var timers: [ShardTimers] { get }
    /// The process that folds; nil while there is none.
    var process: Int32? { get }
    /// The most memory that the process may take, in bytes, or nil.
    var memoryLimit: Int? { get }
    var states: StateCounts { get }
    /// How often each filter rule did what, by its shards, since the start.
    var filterCounts: [FilterCounts] { get }
    /// How long events took, since the group began.
    var durations: FoldDurations { get }
    /// Which share of its time each shard works, from 0 to 1.
    var workShares: [Double] { get }
    /// How far a follower lies behind the log, in bytes.
    var distance: UInt64 { get }
    /// How far it lies behind the log, whose next positions are these; `now` in microseconds since 1970.
    func lag(_ positions: [UInt64], now: Int64) -> FoldLag
    /// When a follower's shards have come to its generation's records, and when those of a group that ends there have;
    /// microseconds of `MonotonicClock`, nil: not yet.
    var takeOverTimes: [Int64?] { get }
    var endTimes: [Int64?] { get }

    func start()
    /// Makes a follower take over at a generation's records, which are not in the log yet.
    func start(with generation: Generation)
    /// Makes a live group end at a generation's records, without a last checkpoint.
    func end(at generation: Generation)
    /// From now on its checkpoints count.
    func goLive()
    /// Has the shards make room in memory, as soon as they can.
    func spill()
    /// Waits until all shards have ended.
    func join()
    /// Folds what is durable, takes a checkpoint of it and folds no more; what else it is asked it still answers.
    func stopFolding()
    /// Ends: a live group when it has folded what is durable and taken a checkpoint of it, a follower at once.
    func stop()
}

/// What the groups of an engine have in common.
struct EngineParts: Sendable {
    let log: EventLog
    let store: any CheckpointStore
    /// By which partitions are this process's in the store: those that it folds.
    private(set) var epochs: Epochs
    let configuration: ReductionConfiguration
    private(set) var commits: CheckpointThread
    let memory: MemoryBudget
    let views: Views
    let activity: ActivityFile?
    let skips: SkippedEvents
    let rules: RecordedRules
    let spill: Spilling
    let report: @Sendable (PluginMessage) -> Void
    let warn: @Sendable (String) -> Void
    /// Of one group; see `ofGroup`.
    private(set) var durations = FoldDurations()

    /// The same, with durations of a group's own.
    var ofGroup: Self {
        var parts = self
        parts.durations = FoldDurations()
        return parts
    }

    /// The same, for other partitions.
    func owning(_ epochs: Epochs) -> Self {
        var parts = self
        let views = views
        parts.epochs = epochs
        parts.commits = CheckpointThread(store, epochs) { views.committed($0) }
        return parts
    }

    /// The partitions that this process folds.
    var partitions: [Int] { epochs.numbers.keys.sorted() }

    /// The partitions of each shard that has any.
    var owned: [[Int]] {
        let partitions = partitions
        return (0..<min(configuration.shards, partitions.count)).map { shard in
            stride(from: shard, to: partitions.count, by: configuration.shards).map { partitions[$0] }
        }
    }

    var surroundings: ShardThread.Surroundings {
        let (configuration, views, commits) = (configuration, views, commits)
        return ShardThread.Surroundings(
            log: log,
            interval: { Int64((views.isWatched ? configuration.refresh : configuration.checkpoint) * 1e6) },
            isOver: { commits.failure != nil }, durations: durations)
    }

    func report(_ rejections: [Rejection]) { log.append(letters: rejections.map(DeadLetter.init), onDurable: nil) }
}

/// The plugins that run in this process.
///
/// `@unchecked Sendable`: constant; the shards are their threads'.
final class LocalGroup: ShardGroup, @unchecked Sendable {
    let builds: [PluginBuild]
    let rebuilt: Set<String>
    let migrated: [String: [Checkpoint]]
    let durations: FoldDurations
    private let shards: [(thread: ShardThread, activity: ActivityLease?)]

    /// Restores the last checkpoints, but for the plugins that begin anew with the first record.
    init(_ builds: [PluginBuild], _ parts: EngineParts, anew: Set<String>) throws {
        self.builds = builds
        let parts = parts.ofGroup
        durations = parts.durations
        let setup = ShardSetup(
            plugins: builds.compactMap(\.code), partitions: parts.log.identity.partitions,
            batch: parts.configuration.batch, dedup: parts.configuration.dedup,
            hashKey: parts.log.identity.sipHashKey, skips: parts.skips.places, rules: parts.rules.history,
            spill: parts.spill)
        var stored: [String: StoredStates] = [:]
        for build in builds where !anew.contains(build.id) { stored[build.id] = try StoredStates(of: build, parts) }
        for build in builds {
            try parts.checkLog(holdsWhat: build, needsAfter: stored[build.id]?.checkpoints ?? [:])
        }
        rebuilt = anew.intersection(builds.map(\.id)).union(stored.filter { $0.value.course == .rebuilt }.keys)
        migrated = stored.compactMapValues { $0.replacement }
        shards = try parts.owned.map { owned in
            let activity = parts.activity?.take()
            let shard = Shard(setup, slot: activity?.slot)
            try shard.restore(owned) { plugin, partition in
                try stored[plugin]?.load(partition)
            } afterEach: {
                if parts.memory.isTight, shard.canSpill { try shard.spill() }
            }
            let consumer = LocalShard(shard, owned: owned, parts.epochs, parts.commits, warn: parts.warn) {
                parts.report($0)
            }
            return (try ShardThread(consumer, parts.surroundings), activity)
        }
    }

    var failure: (any Error)? { shards.lazy.compactMap(\.thread.failure).first }
    var folded: UInt64 { shards.reduce(0) { $0 + $1.thread.counters.events.load(ordering: .relaxed) } }
    var dropped: DroppedCounts { shards.reduce(DroppedCounts()) { $0 + $1.thread.counters.dropped } }
    var distance: UInt64 { shards.map(\.thread.distance).max() ?? 0 }
    var timers: [ShardTimers] { shards.map(\.thread.timers) }
    var process: Int32? { getpid() }
    var memoryLimit: Int? { nil }
    var states: StateCounts { shards.reduce(StateCounts()) { $0 + $1.thread.states } }
    var filterCounts: [FilterCounts] { shards.flatMap(\.thread.filterCounts).summed }
    var workShares: [Double] { shards.map(\.thread.workShare) }
    func spill() { for shard in shards { shard.thread.spill() } }
    func lag(_ positions: [UInt64], now: Int64) -> FoldLag {
        FoldLag(shards.map { $0.thread.lag(positions, now: now) })
    }
    var takeOverTimes: [Int64?] { shards.map(\.thread.takeOverTime) }
    var endTimes: [Int64?] { shards.map(\.thread.endTime) }

    func start() { for (thread, activity) in shards { thread.start { activity?.slot.watch() } } }
    func start(with generation: Generation) { for shard in shards { shard.thread.start(with: generation) } }
    func end(at generation: Generation) { for shard in shards { shard.thread.end(at: generation) } }
    func goLive() { for shard in shards { shard.thread.goLive() } }
    func join() { for shard in shards { shard.thread.join() } }
    func stopFolding() { for shard in shards { shard.thread.stop() } }
    func stop() { stopFolding() }
}
