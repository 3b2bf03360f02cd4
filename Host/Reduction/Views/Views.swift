import EventLog
import Glibc
package import KeyValueStore
package import PluginHost
import Records
import Synchronization

/// Shows the states of plugins as of the last committed checkpoints: their tables, and the states themselves.
///
/// A plugin is shown only while somebody asks for it: it is read from the store when the first one asks, follows the
/// checkpoints from then on, and is forgotten a while after the last one has asked. So nobody pays for what nobody looks
/// at. Only a sink of tables always looks, at the plugins that it takes. All members: any thread.
package final class Views: TableReading {
    enum Work: Sendable {
        case open(plugin: String, done: @Sendable () -> Void)
        case committed([Checkpoint])
        case replace([PluginBuild], DerivedColumns)
        /// A plugin's worker has come back, or the sink of tables has lost its rows.
        case reopen(plugin: String)
        /// Other partitions are this process's.
        case own
        /// What others have stored meanwhile of their partitions.
        case poll
        case call(@Sendable ([String: any PluginViewing]) -> Void)
    }

    struct Shown {
        var asked: Int64
        /// Nil until the states are there.
        var snapshots: [TableID: TableSnapshot]?
    }

    struct Published {
        /// By plugin: those that follow the checkpoints, or are about to.
        var shown: [String: Shown] = [:]
        var plugins: [String: PluginBuild]
        var columns: DerivedColumns
        var readers: [Int: ChangeReader] = [:]
        var nextReader = 0
        var failure: (any Error)?
        var epochs: Epochs
        /// When the store was asked last what others have stored, and how long that took; microseconds.
        var polled: (at: Int64, cost: Int64) = (0, 0)
        /// Since when checkpoints wait to be shown, the oldest first; microseconds.
        var waiting: [Int64] = []

        /// Whether others have partitions.
        func isShared(_ partitions: Int) -> Bool { epochs.numbers.count < partitions }
    }

    /// How long a plugin is shown after somebody has asked for it; microseconds.
    private static let patience: Int64 = 60_000_000

    package let epoch: UInt64
    let store: any CheckpointStore
    private let makeView: @Sendable (PluginBuild, DerivedColumns, VersionCounter) -> any PluginViewing
    let log: LogIdentity
    let sink: (any TableSink)?
    let published: Mutex<Published>
    let queue = BoundedQueue<Work>(limit: 1024)
    private let thread: Mutex<WorkThread?>
    let poller: Mutex<WorkThread?>
    let isClosing = Atomic(false)
    /// Until when hosts that share the log say that somebody looks there; microseconds.
    let watchedElsewhere = Atomic<Int64>(0)

    /// - Parameters:
    ///   - columns: what is added to the plugins' tables.
    ///   - store: where the checkpoints of the plugins go.
    ///   - log: what is folded.
    ///   - sink: takes the tables of plugins, while the first partition is this process's: rows may need all partitions, and one
    ///     process alone writes them.
    ///   - makeView: of a plugin that runs in a worker.
    init(
        _ plugins: [PluginBuild], _ columns: DerivedColumns, store: any CheckpointStore, log: LogIdentity,
        sink: (any TableSink)?,
        makeView: @escaping @Sendable (PluginBuild, DerivedColumns, VersionCounter) -> any PluginViewing
    ) {
        self.makeView = makeView
        published = Mutex(
            Published(
                plugins: Dictionary(uniqueKeysWithValues: plugins.map { ($0.id, $0) }), columns: columns,
                epochs: Epochs(log: log.id, numbers: [:])))
        self.store = store
        self.log = log
        self.sink = sink
        epoch = UInt64(WallClock.microseconds)
        thread = Mutex(nil)
        poller = Mutex(nil)
        let work = WorkThread(name: "views") { [unowned self] in run() }
        thread.withLock { $0 = work }
        sink?.onLoss { [weak self] in self?.queue.put(.reopen(plugin: $0)) }
    }

    /// Why the states could not be read, or nil.
    package var failure: (any Error)? { published.withLock { $0.failure } }

    /// How long the oldest checkpoint waits that is not shown yet, nor told to the sink of tables; microseconds.
    package var lag: Int64 {
        published.withLock { $0.waiting.first }.map { MonotonicClock.microseconds - $0 } ?? 0
    }

    /// Takes checkpoints that the store has committed.
    package func committed(_ checkpoints: [Checkpoint]) {
        let wanted = published.withLock { published in
            let wanted = checkpoints.filter { follows($0.plugin, published) || published.shown[$0.plugin] != nil }
            if !wanted.isEmpty { published.waiting.append(MonotonicClock.microseconds) }
            return wanted
        }
        if !wanted.isEmpty { queue.put(.committed(wanted)) }
    }

    /// Shows other plugins, or other builds, from now on. What is shown is read from the store again.
    func replace(_ plugins: [PluginBuild], _ columns: DerivedColumns) { queue.put(.replace(plugins, columns)) }

    /// Shows a plugin anew whose worker was gone.
    func reopen(_ plugin: String) { queue.put(.reopen(plugin: plugin)) }

    /// Runs a body on the thread of the views, which it holds up, once the plugin is shown.
    func read<Result: Sendable>(
        _ plugin: String, _ body: @escaping @Sendable ((any PluginViewing)?) -> Result
    ) async -> Result {
        await open(plugin)
        return await withCheckedContinuation { continuation in
            queue.put(.call { continuation.resume(returning: body($0[plugin])) })
        }
    }

    /// Ends the thread.
    package func close() {
        stopPolling()
        queue.close()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    // MARK: Reading

    package func snapshot(of table: TableID) async -> TableSnapshot? {
        await open(table.plugin)
        return published.withLock { $0.shown[table.plugin]?.snapshots?[table] }
    }

    package func changes() -> AsyncStream<Set<TableID>> {
        let reader = ChangeReader()
        let number = published.withLock { published in
            published.nextReader += 1
            published.readers[published.nextReader] = reader
            return published.nextReader
        }
        return reader.stream { [weak self] in
            self?.published.withLock { _ = $0.readers.removeValue(forKey: number) }
        }
    }

    /// Waits until the plugin is shown, and has it shown for some while longer.
    private func open(_ plugin: String) async {
        let isThere = published.withLock { published in
            guard published.plugins[plugin] != nil else { return true }
            published.shown[plugin, default: Shown(asked: 0)].asked = MonotonicClock.microseconds
            return published.shown[plugin]?.snapshots != nil
        }
        if isThere { return }
        // From here on checkpoints are queued: what the store does not hold yet when it is read comes after.
        await withCheckedContinuation { continuation in
            queue.put(.open(plugin: plugin) { continuation.resume() })
        }
    }
}

// MARK: The thread of the views

extension Views {
    private func run() {
        let versions = VersionCounter()
        var views: [String: Viewed] = [:]
        while let first = queue.take() {
            // What has come meanwhile is shown together.
            var next: Work? = first
            var changed: Set<String> = []
            var waited = 0
            while let work = next {
                switch work {
                case .open(let plugin, let done):
                    if let viewed = views[plugin] {
                        show(plugin, viewed.view)
                    } else {
                        views[plugin] = restored(plugin, versions)
                    }
                    done()
                case .replace(let plugins, let columns):
                    for plugin in replaced(by: plugins, columns) {
                        changed.remove(plugin)
                        views[plugin] = isWanted(plugin) ? restored(plugin, versions) : nil
                    }
                case .reopen(let plugin):
                    if isWanted(plugin) { views[plugin] = restored(plugin, versions) }
                case .own:
                    for plugin in published.withLock({ $0.plugins.keys.sorted() }) {
                        views[plugin] = isWanted(plugin) ? restored(plugin, versions) : nil
                        changed.remove(plugin)
                    }
                case .poll:
                    let began = MonotonicClock.microseconds
                    changed.formUnion(poll(&views))
                    let now = MonotonicClock.microseconds
                    published.withLock { $0.polled = (now, now - began) }
                case .committed(let checkpoints):
                    waited += 1
                    for checkpoint in checkpoints where views[checkpoint.plugin] != nil {
                        let stored = Viewed.Stored(checkpoint)
                        if apply(stored, partition: checkpoint.partition, to: &views, checkpoint.plugin) {
                            changed.insert(checkpoint.plugin)
                        } else {
                            changed.remove(checkpoint.plugin)
                        }
                    }
                case .call(let body): body(views.mapValues(\.view))
                }
                next = queue.takeIfAny()
            }
            for plugin in changed {
                do {
                    guard let viewed = views[plugin] else { continue }
                    try tell(plugin, viewed, all: false)
                    if isShown(plugin) { publish(plugin, try viewed.view.makeTables(all: false)) }
                } catch {
                    views[plugin] = Viewed(view: AwayView(error))
                }
            }
            published.withLock { $0.waiting.removeFirst(waited) }
            for plugin in forgotten() where !follows(plugin) { views[plugin] = nil }
        }
    }

    /// Applies states to a plugin's view. Returns whether its worker was there; if not, `reopen` follows, with the states as the
    /// store holds them.
    func apply(
        _ stored: Viewed.Stored, partition: Int, to views: inout [String: Viewed], _ plugin: String
    ) -> Bool {
        do {
            try views[plugin]?.apply(stored, partition: partition)
            return true
        } catch {
            views[plugin] = Viewed(view: AwayView(error))
            return false
        }
    }

    /// Tells the sink what has changed in a plugin's tables; with `all`, every row.
    private func tell(_ plugin: String, _ viewed: Viewed, all: Bool) throws {
        guard let sink, follows(plugin) else { return }
        sink.take(
            TableChanges(
                plugin: plugin, origin: viewed.origin, isWhole: all, positions: viewed.positions,
                tables: try viewed.view.takeChanges(all: all)))
    }

    /// Publishes the tables of a plugin that is viewed already.
    private func show(_ plugin: String, _ view: any PluginViewing) {
        let isThere = published.withLock { $0.shown[plugin]?.snapshots != nil }
        if !isThere, let tables = try? view.makeTables(all: true) { publish(plugin, tables) }
    }

    /// Whether somebody looks at a plugin that there is.
    private func isWanted(_ plugin: String) -> Bool {
        isShown(plugin) || follows(plugin) && published.withLock { $0.plugins[plugin] != nil }
    }

    /// Whether the sink takes the tables of a plugin.
    private func follows(_ plugin: String) -> Bool { published.withLock { follows(plugin, $0) } }

    private func follows(_ plugin: String, _ published: borrowing Published) -> Bool {
        guard let sink, isTelling(published) else { return false }
        return sink.plugins?.contains(plugin) ?? true
    }

    /// Whether the sink is this process's to tell.
    func isTelling(_ published: borrowing Published) -> Bool {
        sink != nil && published.epochs.numbers[0] != nil
    }

    private func isShown(_ plugin: String) -> Bool { published.withLock { $0.shown[plugin] != nil } }

    /// The plugins that are no longer there, or are another build, or whose tables call functions of such.
    private func replaced(by plugins: [PluginBuild], _ columns: DerivedColumns) -> [String] {
        published.withLock { published in
            let before = published.plugins
            published.plugins = Dictionary(uniqueKeysWithValues: plugins.map { ($0.id, $0) })
            published.columns = columns
            let others = published.plugins.filter { before[$0.key] !== $0.value }.map(\.key)
            let replaced =
                before.filter { id, plugin in
                    published.plugins[id] !== plugin || !columns.functionPlugins(of: id).isDisjoint(with: others)
                }.map(\.key) + others.filter { before[$0] == nil }
            for plugin in replaced where published.plugins[plugin] == nil { published.shown[plugin] = nil }
            return replaced
        }
    }

    /// The states of a plugin as the store holds them, shown; nil if there is no such plugin.
    private func restored(_ plugin: String, _ versions: VersionCounter) -> Viewed? {
        let (found, columns, builds) = published.withLock { ($0.plugins[plugin], $0.columns, $0.plugins) }
        guard let plugin = found else { return nil }
        var viewed = Viewed(
            view: plugin.code.map { PluginView($0, columns, versions) } ?? makeView(plugin, columns, versions))
        do {
            for partition in 0..<log.partitions {
                guard let stored = try read(plugin.id, partition) else { continue }
                try viewed.apply(Viewed.Stored(stored, epoch: epoch(of: stored, partition)), partition: partition)
            }
            let functions = columns.functionPlugins(of: plugin.id).sorted().compactMap { builds[$0]?.identity.build }
            let parts = [
                SHA256.hexadecimal(log.id), plugin.identity.build, plugin.settings, columns.text(of: plugin.id),
            ]
            let origin = Array((parts + functions).joined(separator: "\n").utf8)
            viewed.origin = origin.withUnsafeBytes { SHA256.hexadecimal(of: $0) }
            try tell(plugin.id, viewed, all: true)
            if isShown(plugin.id) { publish(plugin.id, try viewed.view.makeTables(all: true)) }
            return viewed
        } catch {
            // Whoever reads it hears why; if a worker is gone, `reopen` follows.
            return Viewed(view: AwayView(error))
        }
    }

    /// What the store holds; what it can't give is the host's failure, not the plugin's alone.
    private func read(_ plugin: String, _ partition: Int) throws -> RestoredCheckpoint? {
        do {
            return try store.restore(plugin: plugin, partition: partition)
        } catch {
            published.withLock { $0.failure = error }
            throw error
        }
    }

    private func publish(_ plugin: String, _ snapshots: [TableSnapshot]) {
        let changed = Set(snapshots.map(\.id))
        let readers = published.withLock { published in
            let known = published.shown[plugin]?.snapshots ?? [:]
            published.shown[plugin]?.snapshots = snapshots.reduce(into: known) { $0[$1.id] = $1 }
            return Array(published.readers.values)
        }
        if !changed.isEmpty { for reader in readers { reader.add(changed) } }
    }

    /// The plugins that nobody has asked for lately; they are no longer shown.
    private func forgotten() -> [String] {
        let since = MonotonicClock.microseconds - Self.patience
        return published.withLock { published in
            let idle = published.shown.filter { $0.value.asked < since && $0.value.snapshots != nil }.map(\.key)
            for plugin in idle { published.shown[plugin] = nil }
            return idle
        }
    }
}

/// Numbers the versions of all tables, so that no number comes twice.
final class VersionCounter {
    private var last: UInt64 = 0

    func next() -> UInt64 {
        last += 1
        return last
    }
}

/// What one reader has not heard of yet.
final class ChangeReader: Sendable {
    private let pending = Mutex<Set<TableID>>([])
    private let ticks = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    func add(_ tables: Set<TableID>) {
        pending.withLock { $0.formUnion(tables) }
        ticks.continuation.yield()
    }

    func stream(ended: @escaping @Sendable () -> Void) -> AsyncStream<Set<TableID>> {
        ticks.continuation.onTermination = { _ in ended() }
        let ticks = ticks.stream
        return AsyncStream { [self] in
            // Each tick stands for all changes since the one before.
            for await _ in ticks {
                return pending.withLock { pending in
                    defer { pending = [] }
                    return pending
                }
            }
            return nil
        }
    }
}
