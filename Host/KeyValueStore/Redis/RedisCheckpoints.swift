import Records
import Synchronization

/// The checkpoints of a store, and the thread that merges what they pile up. Its methods block. Any thread.
final class RedisCheckpoints: Sendable {
    private let source: RedisSource
    private let recent: RedisRecentEntries
    private let writer: Mutex<RedisWriter>
    private let merging = BoundedQueue<RedisPartitionID>(limit: .max)
    /// What the queue holds, each once.
    private let wanted = Mutex<Set<RedisPartitionID>>([])
    private let thread = Mutex<WorkThread?>(nil)

    init(_ source: RedisSource) {
        self.source = source
        let recent = RedisRecentEntries(limit: source.router.configuration.mergeMemory)
        self.recent = recent
        writer = Mutex(RedisWriter(source, recent))
    }

    func commit(_ checkpoints: [Checkpoint]) throws {
        for (id, isUrgent) in try writer.withLock({ try $0.commit(checkpoints) }) {
            if !isUrgent { want(id); continue }
            var sorter = StateSorter()
            try merge(id, by: &sorter)
        }
    }

    func replace(_ plugin: String, with checkpoints: [Checkpoint], _ epochs: Epochs) throws {
        try writer.withLock { try $0.replace(plugin, with: checkpoints, epochs) }
    }

    /// Merges all that there is, so that nothing is left of what was replaced.
    func mergeAll() throws {
        var sorter = StateSorter()
        for (id, _) in try source.catalog(plugin: nil) { try merge(id, by: &sorter) }
    }

    /// Runs a body that removes checkpoints while nobody writes any.
    func removing(_ body: () throws -> Void) throws {
        try writer.withLock { writer in
            writer.forget()
            try body()
        }
    }

    /// Ends the thread. To be called once, when requests are no longer answered.
    func close() {
        merging.close()
        thread.withLock { $0 }?.join()
    }

    private func merge(_ id: RedisPartitionID, by sorter: inout StateSorter) throws {
        guard let merge = try read(id, by: &sorter) else { return }
        // The memory of a large one is not kept.
        if merge.head.baseBytes + merge.head.entryBytes > 8 << 20 { sorter = StateSorter() }
        try writer.withLock { try $0.put(merge) }
    }

    private func read(_ id: RedisPartitionID, by sorter: inout StateSorter) throws -> RedisMerge? {
        if let known = writer.withLock({ $0.contents(id) }) {
            do { return try RedisMerge(known, by: &sorter) } catch is RedisOutdated {}
        }
        return try source.consistently { try source.contents(id).map { try RedisMerge($0, by: &sorter) } }
    }

    private func want(_ id: RedisPartitionID) {
        guard wanted.withLock({ $0.insert(id).inserted }) else { return }
        thread.withLock { thread in
            if thread == nil { thread = WorkThread(name: "kvs.redis merge") { [unowned self] in run() } }
        }
        merging.put(id)
    }

    private func run() {
        var sorter = StateSorter()
        while let id = merging.take() {
            _ = wanted.withLock { $0.remove(id) }
            // What fails is tried again at the next commit, which says what is wrong if it is more than this.
            try? merge(id, by: &sorter)
        }
    }
}
