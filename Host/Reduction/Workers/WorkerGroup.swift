import EventLog
import Glibc
import KeyValueStore
import PluginHost
import Records
import Rules
import Synchronization

/// A plugin that runs in a worker. When its worker ends, it gets another one, from the last checkpoint on; what ended it
/// decides how (`CrashPolicy`). All members: any thread.
///
/// `@unchecked Sendable`: everything that changes is under `state`.
final class WorkerGroup: ShardGroup, @unchecked Sendable {
    private struct State {
        /// Nil while it waits for the next one.
        var life: WorkerLife?
        var failure: (any Error)?
        /// Those of the life before, while it waits for the next one.
        var lastShards: [ShardThread] = []
        /// Events of earlier lives since it went live.
        var foldedBefore: UInt64 = 0
        var ends: Generation?
        var isLive = false
        var isOver = false
        var trouble: PluginTrouble?
    }

    let builds: [PluginBuild]
    let rebuilt: Set<String>
    let migrated: [String: [Checkpoint]]
    private let build: PluginBuild
    private let parts: EngineParts
    private let previous: PluginBuild?
    private let onTrouble: @Sendable (PluginBuild, PluginTrouble) -> Void
    private let state: Mutex<State>
    /// Closed when it is over.
    private let over = BoundedQueue<Void>(limit: 1)
    private var supervisor: WorkThread?

    /// Starts a worker that restores the last checkpoints.
    ///
    /// - Parameters:
    ///   - anew: begins with the first record instead.
    ///   - previous: the build that ran before, which is tried if this one can't fold an event.
    ///   - onTrouble: told when the worker has ended, and what follows.
    init(
        _ build: PluginBuild, _ parts: EngineParts, anew: Bool, previous: PluginBuild?,
        onTrouble: @escaping @Sendable (PluginBuild, PluginTrouble) -> Void
    ) throws {
        self.build = build
        let parts = parts.ofGroup
        self.parts = parts
        self.previous = previous
        self.onTrouble = onTrouble
        builds = [build]
        let life = try WorkerLife(build, parts, from: anew ? .firstRecord : .checkpoints)
        rebuilt = life.rebuilt && build.stop == nil ? [build.id] : []
        migrated = build.stop == nil ? life.migrated.map { [build.id: $0] } ?? [:] : [:]
        let trouble = build.stop.map { PluginTrouble(since: $0.since, reason: $0.reason, outcome: .off) }
        state = Mutex(State(life: life, trouble: trouble))
    }

    /// What keeps the plugin from folding, or nil.
    var trouble: PluginTrouble? { state.withLock { $0.trouble } }

    // MARK: A group's

    /// Of a follower; the troubles of a live plugin are its own.
    var failure: (any Error)? {
        state.withLock { state in state.failure ?? (state.isLive ? nil : state.life?.ended) }
    }
    var folded: UInt64 {
        state.withLock { state in
            state.foldedBefore
                + (state.life?.shards.reduce(0) { $0 + $1.counters.events.load(ordering: .relaxed) } ?? 0)
        }
    }
    var dropped: DroppedCounts { shards.reduce(DroppedCounts()) { $0 + $1.counters.dropped } }
    var distance: UInt64 { build.stop != nil ? 0 : shards.map(\.distance).max() ?? 0 }
    var timers: [ShardTimers] { shards.map(\.timers) }
    var process: Int32? { state.withLock { $0.life?.processID } }
    var memoryLimit: Int? { build.limits.memory }
    var states: StateCounts { shards.reduce(StateCounts()) { $0 + $1.states } }
    var filterCounts: [FilterCounts] { shards.flatMap(\.filterCounts).summed }
    var durations: FoldDurations { parts.durations }
    var workShares: [Double] { shards.map(\.workShare) }
    func spill() { for shard in shards { shard.spill() } }
    func lag(_ positions: [UInt64], now: Int64) -> FoldLag {
        let shards = state.withLock { $0.life?.shards ?? $0.lastShards }
        return FoldLag(shards.map { $0.lag(positions, now: now) })
    }
    /// None of a build that was put away, for which nobody waits.
    var takeOverTimes: [Int64?] { build.stop != nil ? [] : shards.map(\.takeOverTime) }
    var endTimes: [Int64?] { shards.map(\.endTime) }

    /// A build that was put away folds nothing: its worker only shows what is stored.
    func start() { if build.stop == nil { for shard in shards { shard.start() } } }
    func start(with generation: Generation) { for shard in shards { shard.start(with: generation) } }

    func end(at generation: Generation) {
        state.withLock { state in
            state.ends = generation
            for shard in state.life?.shards ?? [] { shard.end(at: generation) }
        }
    }

    func goLive() {
        for shard in shards { shard.goLive() }
        state.withLock { $0.isLive = true }
        if build.stop != nil { return }
        supervisor = WorkThread(name: "supervisor") { [unowned self] in supervise() }
    }

    func join() {
        for shard in shards { shard.join() }
        finish()
    }

    func stopFolding() { for shard in shards { shard.stop() } }

    func stop() {
        stopFolding()
        finish()
    }

    private var shards: [ShardThread] { state.withLock { $0.life?.shards ?? [] } }

    private func finish() {
        state.withLock { $0.isOver = true }
        over.close()
        state.withLock { $0.life }?.end()
        supervisor?.join()
        supervisor = nil
    }

    // MARK: What views and ingest ask

    func tell(_ kind: WorkerMessageKind, _ body: borrowing Bytes) throws { try life().tell(kind, body) }

    func ask(_ kind: WorkerMessageKind, _ write: (inout WireWriter) -> Void) throws -> [UInt8] {
        try life().ask(kind, write)
    }

    private func life() throws -> WorkerLife {
        let (life, trouble) = state.withLock { ($0.life, $0.trouble) }
        guard let life else {
            throw WorkerEnded(call: nil, description: trouble?.reason ?? "\(build.id) has no worker")
        }
        return life
    }

    // MARK: Supervision

    private func supervise() {
        var policy = CrashPolicy(build, previous: previous, log: parts.log)
        while let life = state.withLock({ $0.life }) {
            let ended = life.waitForEnd()
            if state.withLock({ $0.isOver }) { return }
            life.end()
            state.withLock { state in
                state.foldedBefore += life.shards.reduce(0) { $0 + $1.counters.events.load(ordering: .relaxed) }
                state.life = nil
                state.lastShards = life.shards
            }
            // What it had sent counts; the next life begins there.
            parts.commits.flush()
            var step = policy.next(after: ended, positions: life.positions) { folds($0) }
            var isBack = false
            while !isBack {
                switch carryOut(step, ended) {
                case .success(let life):
                    follow(life, past: policy.goal)
                    isBack = true
                case .failure(let failure):
                    step = policy.next(after: failure, positions: life.positions) { _ in false }
                case nil: return
                }
            }
        }
    }

    /// Does what the policy says. Nil when there is no next life.
    private func carryOut(
        _ step: CrashPolicy.Step, _ ended: WorkerEnded
    ) -> Result<WorkerLife, WorkerEnded>? {
        switch step {
        case .restart(let seconds, let batch):
            note(ended, seconds > 0 ? .waiting(seconds: seconds) : .restarting)
            if seconds > 0, isOver(within: seconds) { return nil }
            return begin(batch: batch)
        case .skip(let event, let letter):
            parts.log.append(letters: [letter])
            do { try parts.skips.add(event) } catch {
                state.withLock { $0.failure = error }
                return nil
            }
            note(ended, .skipped(position: event.position, partition: event.partition))
            return begin(batch: 1)
        case .rollBack(let before):
            note(ended, .rolledBack(to: before))
            return nil
        case .giveUp:
            note(ended, .off)
            return nil
        }
    }

    private func note(_ ended: WorkerEnded, _ outcome: PluginTrouble.Outcome) {
        let trouble = PluginTrouble(since: WallClock.microseconds, reason: ended.description, outcome: outcome)
        state.withLock { $0.trouble = trouble }
        onTrouble(build, trouble)
    }

    private func begin(batch: Int?) -> Result<WorkerLife, WorkerEnded> {
        do {
            let life = try WorkerLife(build, parts, batch: batch)
            state.withLock { $0.life = life }
            // Before its first checkpoint: what is shown begins with what the store holds.
            parts.views.reopen(build.id)
            let isOver = state.withLock { state in
                for shard in life.shards {
                    if let generation = state.ends { shard.end(at: generation) }
                    if !state.isOver { shard.start() }
                    shard.goLive()
                }
                return state.isOver
            }
            if isOver { life.end() }
            return .success(life)
        } catch let ended as WorkerEnded {
            return .failure(ended)
        } catch {
            return .failure(WorkerEnded(call: nil, description: "\(build.id): no worker: \(error)"))
        }
    }

    /// Waits until a new life has come past what ended the one before, and has it fold as usual from then on.
    private func follow(_ life: WorkerLife, past goal: [UInt64]) {
        while life.ended == nil, !isOver(within: 0.05) {
            guard zip(life.positions, goal).allSatisfy({ $0 >= $1 }) else { continue }
            life.foldUsualBatches()
            state.withLock { $0.trouble = nil }
            return
        }
    }

    private func isOver(within seconds: Double) -> Bool {
        let end = MonotonicClock.microseconds + Int64(seconds * 1e6)
        repeat {
            if state.withLock({ $0.isOver }) { return true }
            usleep(10_000)
        } while MonotonicClock.microseconds < end
        return false
    }

    /// Whether another build folds the log from the last checkpoints up to now.
    private func folds(_ other: PluginBuild) -> Bool {
        guard let life = try? WorkerLife(other, parts, batch: 1) else { return false }
        defer { life.end() }
        do { try life.fold(from: life.positions, through: parts.log.durableEnd) } catch { return false }
        return true
    }
}
