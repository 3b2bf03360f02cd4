package import KeyValueStore
package import PluginHost
import Records
import Synchronization

/// Keeps every plugin's tables up to date with the checkpoints that were committed, on a thread of its own.
///
/// Nothing of it is stored: it is made anew from the states when the host starts. All members: any thread.
package final class Views: TableReading {
    private enum Work: Sendable {
        case committed([Checkpoint])
        case restored(plugin: String, partition: Int, blocks: [StateBlock])
        case call(@Sendable ([String: PluginView]) -> Void)
    }

    private struct Published {
        var snapshots: [TableID: TableSnapshot] = [:]
        var readers: [Int: ChangeReader] = [:]
        var nextReader = 0
        var asOf: Int64 = 0
    }

    package let epoch: UInt64
    private let published = Mutex(Published())
    private let queue = BoundedQueue<Work>(limit: 1024)
    private let thread: Mutex<WorkThread?>

    package init(_ plugins: [Plugin]) {
        epoch = UInt64(WallClock.microseconds)
        thread = Mutex(nil)
        let queue = queue
        let work = WorkThread(name: "views") { [unowned self] in
            let views = Dictionary(uniqueKeysWithValues: plugins.map { ($0.id, PluginView($0)) })
            publish(views, Set(views.values.flatMap { $0.tables.map(\.id) }))
            while let first = queue.take() {
                // What has come meanwhile is shown together.
                var changed: Set<String> = []
                var next: Work? = first
                while let work = next {
                    perform(work, views, &changed)
                    next = queue.takeIfAny()
                }
                publish(views, changed.reduce(into: []) { $0.formUnion(views[$1]!.makeRows()) })
            }
        }
        thread.withLock { $0 = work }
    }

    private func perform(_ work: Work, _ views: [String: PluginView], _ changed: inout Set<String>) {
        switch work {
        case .committed(let checkpoints):
            for checkpoint in checkpoints {
                guard let view = views[checkpoint.plugin] else { continue }
                view.apply(checkpoint.blocks, partition: checkpoint.partition)
                changed.insert(checkpoint.plugin)
            }
        case .restored(let plugin, let partition, let blocks):
            views[plugin]?.apply(blocks, partition: partition, isRestored: true)
            changed.insert(plugin)
        case .call(let body): body(views)
        }
    }

    private func publish(_ views: [String: PluginView], _ changed: Set<TableID>) {
        guard !changed.isEmpty else { return }
        let snapshots = changed.compactMap { id in
            views[id.plugin]?.tables.first { $0.id == id }.map { (id, $0.snapshot()) }
        }
        let readers = published.withLock { published in
            for (id, snapshot) in snapshots { published.snapshots[id] = snapshot }
            published.asOf = WallClock.microseconds
            return Array(published.readers.values)
        }
        for reader in readers { reader.add(changed) }
    }

    /// Takes checkpoints that the store has committed.
    package func committed(_ checkpoints: [Checkpoint]) { queue.put(.committed(checkpoints)) }

    /// Takes what the store held at the start.
    func restored(plugin: String, partition: Int, blocks: [StateBlock]) {
        queue.put(.restored(plugin: plugin, partition: partition, blocks: blocks))
    }

    /// Runs a body on the thread of the views, which it holds up.
    func read<Result: Sendable>(_ body: @escaping @Sendable ([String: PluginView]) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            queue.put(.call { continuation.resume(returning: body($0)) })
        }
    }

    /// Ends the thread when all is shown.
    package func close() {
        queue.close()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    // MARK: Reading

    package func snapshot(of table: TableID) -> TableSnapshot? {
        published.withLock { $0.snapshots[table] }
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
}

/// What one reader has not heard of yet.
private final class ChangeReader: Sendable {
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
