import EventLog
import Glibc
import Records
import Synchronization

/// What a shard says of the states that wait for time. Any thread.
struct ShardTimers: Sendable {
    /// The earliest time for which a tick has to be made; `Int64.max`: none.
    var due: Int64
    /// The time of the last tick that it has folded since it began; `Int64.min`: none.
    var ticked: Int64
}

/// Appends ticks when states wait for one. All members: any thread.
final class TickThread: Sendable {
    /// How late a tick may be, and how many there are at most: microseconds.
    private static let interval: Int64 = 250_000
    /// After so long a tick that nobody has folded is not waited for any more.
    private static let patience: Int64 = 10_000_000

    private let stopping = Atomic<Bool>(false)
    private let thread = Mutex<WorkThread?>(nil)

    /// - Parameters:
    ///   - owned: the partitions of each shard.
    ///   - timers: of the shards of all groups that are live: for each group, one of each shard.
    init(_ log: EventLog, owned: [[Int]], timers: @escaping @Sendable () -> [[ShardTimers]]) {
        let work = WorkThread(name: "ticks") { [unowned self] in
            var appended = [Int64](repeating: 0, count: owned.count)
            while !stopping.load(ordering: .acquiring) {
                usleep(useconds_t(Self.interval / 5))
                let now = WallClock.microseconds
                let groups = timers()
                for (shard, partitions) in owned.enumerated() where now - appended[shard] >= Self.interval {
                    let isDue = groups.contains { group in
                        guard shard < group.count, group[shard].due <= now else { return false }
                        return group[shard].ticked >= appended[shard] || now - appended[shard] > Self.patience
                    }
                    guard isDue, (try? Tick.append(to: log, partitions: partitions, at: now)) != nil else { continue }
                    appended[shard] = now
                }
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
}
