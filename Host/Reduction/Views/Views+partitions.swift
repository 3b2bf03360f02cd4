import EventLog
import Glibc
import KeyValueStore
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
}
