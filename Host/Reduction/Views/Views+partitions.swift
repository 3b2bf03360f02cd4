import EventLog
import Glibc
import KeyValueStore
import PluginHost
import Records
import Synchronization

/// Of a log that several hosts share: what of it is this process's, and what others store of theirs.
extension Views {
    /// How often the store is asked what others have stored while somebody looks, and for which part of the time at most.
    private static let pollInterval: Int64 = 250_000
    private static let pollShare: Int64 = 4

    /// Other partitions are this process's from now on, by these epochs: nobody else stores anything of them any more, and nothing
    /// of them is committed before this returns. What of the others is stored by their owners is asked for while somebody looks.
    func own(_ epochs: Epochs) {
        published.withLock { $0.epochs = epochs }
        queue.put(.own)
        guard epochs.numbers.count < log.partitions else { return }
        poller.withLock { poller in
            guard poller == nil else { return }
            poller = WorkThread(name: "views poll") { [unowned self] in
                while !isClosing.load(ordering: .acquiring) {
                    usleep(useconds_t(Self.pollInterval / 5))
                    guard isPollDue else { continue }
                    published.withLock { $0.polled.at = .max }
                    if !queue.offer(.poll) { published.withLock { $0.polled.at = 0 } }
                }
            }
        }
    }

    private var isPollDue: Bool {
        let now = MonotonicClock.microseconds
        return published.withLock { published in
            published.isShared(log.partitions) && (!published.shown.isEmpty || isTelling(published))
                && published.polled.at != .max
                && now - published.polled.at >= max(Self.pollInterval, published.polled.cost * Self.pollShare)
        }
    }

    /// Somebody looks at another host, which shows what this one stores.
    package func noteWatchedElsewhere() {
        watchedElsewhere.store(MonotonicClock.microseconds + 5_000_000, ordering: .relaxed)
    }

    /// Whether anybody looks at anything here.
    package var isWatchedHere: Bool { published.withLock { !$0.shown.isEmpty } }

    /// Whether anybody looks at anything, here or elsewhere.
    var isWatched: Bool {
        isWatchedHere || watchedElsewhere.load(ordering: .relaxed) > MonotonicClock.microseconds
    }

    /// Asks the store no more.
    func stopPolling() {
        isClosing.store(true, ordering: .releasing)
        poller.withLock { poller in
            poller?.join()
            poller = nil
        }
    }

    // MARK: On the thread of the views

    /// Takes what others have stored of their partitions since it was looked at last. Returns the plugins of which there was any.
    func poll(_ views: inout [String: Viewed]) -> Set<String> {
        let owned = published.withLock { $0.epochs }
        do {
            var stale: [String: Set<Int>] = [:]
            for stored in try store.plugins() where stored.log == log.id && owned.numbers[stored.partition] == nil {
                let position = TableChanges.Position(epoch: stored.epoch, position: stored.position)
                guard let viewed = views[stored.plugin], viewed.positions[stored.partition] != position else {
                    continue
                }
                stale[stored.plugin, default: []].insert(stored.partition)
            }
            return stale.reduce(into: []) { changed, stale in
                if refresh(&views, stale.key, stale.value) { changed.insert(stale.key) }
            }
        } catch {
            // It is asked again in a moment; whoever stores something there says what is wrong.
            return []
        }
    }

    private func refresh(_ views: inout [String: Viewed], _ plugin: String, _ partitions: Set<Int>) -> Bool {
        var isChanged = false
        for partition in partitions.sorted() {
            guard let stored = try? changes(of: plugin, partition, since: views[plugin]?.versions[partition]) else {
                continue
            }
            isChanged = true
            guard apply(stored, partition: partition, to: &views, plugin) else { return false }
        }
        return isChanged
    }

    /// What has been stored since, or all that there is.
    private func changes(
        of plugin: String, _ partition: Int, since version: StoredVersion?
    ) throws -> Viewed.Stored? {
        if let version, let changes = try store.changes(plugin: plugin, partition: partition, since: version) {
            return Viewed.Stored(changes)
        }
        return try store.restore(plugin: plugin, partition: partition)
            .map { Viewed.Stored($0, epoch: epoch(of: $0, partition)) }
    }

    /// By which a partition is its owner's: whoever has stored something, or this process.
    func epoch(of stored: RestoredCheckpoint, _ partition: Int) -> UInt64 {
        published.withLock { $0.epochs.numbers[partition] } ?? stored.epoch
    }
}
