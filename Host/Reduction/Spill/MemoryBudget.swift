import CRecords
import Glibc
import PluginHost
import Records
import Synchronization

/// Keeps the memory of host and workers within one budget: whoever takes most makes room when it is nearly used up. A worker
/// also does before it comes to its own limit, where it would be ended. All members: any thread.
final class MemoryBudget: Sendable {
    /// Microseconds from one look to the next.
    private static let interval: useconds_t = 20_000
    /// While less than half of what may be is used, only each of so many looks is taken.
    private static let easyInterval = 5
    /// How long one who has made room is left alone until his states have grown again: where most memory is not for states, to
    /// be asked again and again would only cost time. Microseconds.
    private static let pause: Int64 = 500_000
    /// After so long above the budget that is said: microseconds.
    private static let patience: Int64 = 10_000_000

    private struct Asked {
        let at: Int64
        /// States and marks in memory.
        let count: Int
    }

    /// In bytes.
    let budget: Int
    private let warn: @Sendable (String) -> Void
    private let processes = Mutex<Set<Int32>>([getpid()])
    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<WorkThread?>(nil)

    /// - Parameters:
    ///   - budget: bytes.
    ///   - warn: told that the budget can't be kept, once.
    init(_ budget: Int, warn: @escaping @Sendable (String) -> Void) {
        lectern_memory_return_large()
        self.budget = budget
        self.warn = warn
    }

    /// Counts a worker in.
    func add(_ process: Int32) { processes.withLock { _ = $0.insert(process) } }
    func remove(_ process: Int32) { processes.withLock { _ = $0.remove(process) } }

    /// The resident memory of host and workers, in bytes.
    var total: Int { processes.withLock { $0 }.reduce(0) { $0 + (ProcessMemory(of: $1)?.resident ?? 0) } }

    /// Whether room has to be made.
    var isTight: Bool { total > Self.threshold(budget) }

    /// The part of a budget from which on room is made: tables double when they grow, and a checkpoint takes memory while it
    /// is stored.
    private static func threshold(_ budget: Int) -> Int { budget / 10 * 7 }

    /// - Parameter groups: those that are live.
    func start(_ groups: @escaping @Sendable () -> [any ShardGroup]) {
        let work = WorkThread(name: "memory") { [unowned self] in
            var asked: [ObjectIdentifier: Asked] = [:]
            var exceeded: Int64?
            var hasWarned = false
            var left = 0
            while !stopping.load(ordering: .acquiring) {
                usleep(Self.interval)
                left -= 1
                guard left <= 0 else { continue }
                let groups = groups()
                let total = total
                left = look(at: groups, total, &asked) > 0.5 ? 1 : Self.easyInterval
                let now = MonotonicClock.microseconds
                exceeded = total > budget ? exceeded ?? now : nil
                guard !hasWarned, let exceeded, now - exceeded > Self.patience else { continue }
                hasWarned = true
                let resident = groups.reduce(0) { $0 + $1.states.resident }
                warn(
                    "host and workers take \(total >> 20) MiB of memory with \(resident) states in it, where "
                        + "reduction.memory is \(budget >> 20) MiB: raise it, or let fewer plugins run in workers")
            }
        }
        thread.withLock { $0 = work }
    }

    func stop() {
        stopping.store(true, ordering: .releasing)
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// Asks who has to make room. Returns how much is used of what may be before room is made, of whichever it is most.
    private func look(at groups: [any ShardGroup], _ total: Int, _ asked: inout [ObjectIdentifier: Asked]) -> Double {
        let now = MonotonicClock.microseconds
        asked = asked.filter { entry in groups.contains { ObjectIdentifier($0) == entry.key } }
        let measured = groups.compactMap { group in
            group.process.flatMap { ProcessMemory(of: $0) }.map { (group: group, own: $0.own) }
        }.sorted { $0.own > $1.own }
        /// Whether it was asked: not if it has too little, or if half of it has only just left.
        func ask(_ group: any ShardGroup) -> Bool {
            let count = group.states.inMemory
            guard count >= Shard.leastSpilled else { return false }
            let before = asked[ObjectIdentifier(group)]
            if let before, count < before.count / 4 * 3, now - before.at < Self.pause { return false }
            asked[ObjectIdentifier(group)] = Asked(at: now, count: count)
            group.spill()
            return true
        }
        var used = Double(total) / Double(Self.threshold(budget))
        if used > 1 { _ = measured.first { ask($0.group) } }
        for (group, own) in measured {
            guard let limit = group.memoryLimit else { continue }
            let ownUsed = Double(own) / Double(Self.threshold(limit))
            if ownUsed > 1 { _ = ask(group) }
            used = max(used, ownUsed)
        }
        return used
    }
}
