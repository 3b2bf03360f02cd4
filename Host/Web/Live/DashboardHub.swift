package import PluginHost
import ServiceLifecycle
import Synchronization

/// A dashboard as one viewer sees it.
package struct DashboardView: Hashable, Sendable {
    package let plugin: String
    package let dashboard: String
    /// What the viewer chose, by the columns of the dashboard's filters; without empty choices.
    package let selection: [String: String]

    package init(plugin: String, dashboard: String, selection: [String: String] = [:]) {
        self.plugin = plugin
        self.dashboard = dashboard
        self.selection = selection
    }
}

/// Keeps the data of the dashboards that someone looks at and tells their readers of changes.
///
/// A view is computed once for all of its readers, and not at all while it has none. Of more than `limit` views the one
/// that was asked for longest ago and has no reader is dropped. All members: any thread.
package final class DashboardHub: Service {
    private let tables: any TableReading
    private let limit: Int
    private let beat: Duration
    private let state = Mutex(State())

    fileprivate struct State {
        var feeds: [DashboardView: (feed: DashboardFeed, asked: UInt64)] = [:]
        /// Counts what is asked for.
        var clock: UInt64 = 0
        /// Above every number that a dropped feed has given out, so that no number ever means two things.
        var nextNumber: UInt64 = 1
        var isFinished = false
    }

    package init(tables: any TableReading, limit: Int = 256, beat: Duration = .seconds(5)) {
        self.tables = tables
        self.limit = limit
        self.beat = beat
    }

    /// How many streams are open.
    package var readers: Int { feeds.reduce(0) { $0 + $1.readerCount } }

    /// The view's feed, up to date; nil if all of `limit` views have readers and this is none of them.
    package func feed(_ definition: DashboardDefinition, _ view: DashboardView) async -> DashboardFeed? {
        let feed: DashboardFeed? = state.withLock { state in
            state.clock += 1
            if let known = state.feeds[view]?.feed, known.definition == definition {
                state.feeds[view]?.asked = state.clock
                return known
            }
            state.drop(view)
            if state.feeds.count >= limit, !state.dropUnread() { return nil }
            let feed = DashboardFeed(definition, view, tables: tables, firstNumber: state.nextNumber)
            if state.isFinished { feed.finish() }
            state.feeds[view] = (feed, state.clock)
            return feed
        }
        await feed?.refresh()
        return feed
    }

    /// Follows the tables until graceful shutdown or cancellation.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await changed in self.tables.changes().cancelOnGracefulShutdown() {
                    let work = await ContinuousClock().measure {
                        for feed in self.feeds where feed.readerCount > 0 && feed.shows(changed) {
                            await feed.refresh()
                        }
                    }
                    // As much rest as work: looking never costs more than half a core. Changes are collected meanwhile.
                    try? await Task.sleep(for: work)
                }
            }
            group.addTask {
                let beats = AsyncStream<Void> { try? await Task.sleep(for: self.beat) }
                for await _ in beats.cancelOnGracefulShutdown() {
                    for feed in self.feeds where feed.readerCount > 0 {
                        // Asking is what keeps the tables up to date.
                        await feed.refresh()
                        feed.wake()
                    }
                }
            }
        }
        state.withLock { $0.isFinished = true }
        for feed in feeds { feed.finish() }
    }

    private var feeds: [DashboardFeed] { state.withLock { $0.feeds.values.map(\.feed) } }
}

extension DashboardHub.State {
    /// Makes room; false if every feed has readers.
    fileprivate mutating func dropUnread() -> Bool {
        let unread = feeds.filter { $0.value.feed.readerCount == 0 }
        guard let oldest = unread.min(by: { $0.value.asked < $1.value.asked })?.key else { return false }
        drop(oldest)
        return true
    }

    fileprivate mutating func drop(_ view: DashboardView) {
        guard let feed = feeds.removeValue(forKey: view)?.feed else { return }
        nextNumber = max(nextNumber, feed.number + 1)
        feed.finish()
    }
}
