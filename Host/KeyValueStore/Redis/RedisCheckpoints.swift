import Dispatch
import Records
import Synchronization

/// The checkpoints of a store, and the thread that merges what they pile up. Its methods block. Any thread.
final class RedisCheckpoints: Sendable {
    private struct Merging {
        /// What is wanted, and what has been made of it, if it has.
        var parts: [RedisPartitionID: RedisMerge?] = [:]
        /// Whether what nobody takes along is going to be put in place.
        var isPutting = false
    }

    private let source: RedisSource
    private let written: RedisWritten
    private let writer: Mutex<RedisWriter>
    private let merging = Mutex(Merging())
    private let wanted = BoundedQueue<RedisPartitionID>(limit: .max)
    private let thread = Mutex<WorkThread?>(nil)
    private let queue = DispatchQueue(label: "kvs.redis merges")

    /// How long a merged part waits for a checkpoint that takes it along, in one transaction for both.
    private static let patience = DispatchTimeInterval.milliseconds(100)

    init(_ source: RedisSource) {
        self.source = source
        let written = RedisWritten(limit: source.router.configuration.mergeMemory)
        self.written = written
        writer = Mutex(RedisWriter(source, written))
    }

    func commit(_ checkpoints: [Checkpoint]) throws {
        let merges = take(checkpoints.map(\.partitionID))
        for (id, isUrgent) in try writer.withLock({ try $0.commit(checkpoints, with: merges) }) {
            if isUrgent {
                var sorter = StateSorter()
                if let merge = try merge(id, by: &sorter) { try writer.withLock { try $0.put(merge) } }
            } else {
                want(id)
            }
        }
    }

    func replace(_ plugin: String, with checkpoints: [Checkpoint], _ epochs: Epochs) throws {
        try writer.withLock { try $0.replace(plugin, with: checkpoints, epochs) }
    }

    /// Merges all that there is, so that nothing is left of what was replaced.
    func mergeAll() throws {
        var sorter = StateSorter()
        for (id, _) in try source.catalog(plugin: nil) {
            if let merge = try merge(id, by: &sorter) { try writer.withLock { try $0.put(merge) } }
        }
    }

    /// What is stored will be asked for again: others may have written since.
    func forget() { writer.withLock { $0.forget() } }

    /// Runs a body that removes checkpoints while nobody writes any.
    func removing(_ body: () throws -> Void) throws {
        try writer.withLock { writer in
            writer.forget()
            try body()
        }
    }

    /// Ends the thread. To be called once, when requests are no longer answered.
    func close() {
        wanted.close()
        thread.withLock { $0 }?.join()
    }

    // MARK: Merging

    private func want(_ id: RedisPartitionID) {
        let isNew = merging.withLock { merging in
            if merging.parts[id] != nil { return false }
            merging.parts[id] = .some(nil)
            return true
        }
        guard isNew else { return }
        thread.withLock { thread in
            if thread == nil { thread = WorkThread(name: "kvs.redis merge") { [unowned self] in run() } }
        }
        wanted.put(id)
    }

    private func run() {
        var sorter = StateSorter()
        while let id = wanted.take() {
            // What fails is tried again after the next commit, which says what is wrong if it is more than this.
            let merge = try? merge(id, by: &sorter)
            let begins = merging.withLock { merging in
                guard let merge else {
                    merging.parts[id] = nil
                    return false
                }
                merging.parts[id] = .some(merge)
                defer { merging.isPutting = true }
                return !merging.isPutting
            }
            if begins { queue.asyncAfter(deadline: .now() + Self.patience) { [weak self] in self?.putRest() } }
        }
    }

    /// Merged parts of some partitions, which the caller puts in place.
    private func take(_ ids: some Sequence<RedisPartitionID>) -> [RedisMerge] {
        merging.withLock { merging in
            if merging.parts.isEmpty { return [] }
            return ids.compactMap { id in
                guard case .some(.some(let merge)) = merging.parts[id] else { return nil }
                merging.parts[id] = nil
                return merge
            }
        }
    }

    private func putRest() {
        let ids = merging.withLock { merging in
            merging.isPutting = false
            return Array(merging.parts.keys)
        }
        for merge in take(ids) { try? writer.withLock { try $0.put(merge) } }
    }

    private func merge(_ id: RedisPartitionID, by sorter: inout StateSorter) throws -> RedisMerge? {
        var merge: RedisMerge?
        if let contents = written.contents(id, source) {
            do { merge = try RedisMerge(contents, by: &sorter) } catch is RedisOutdated {}
        }
        if merge == nil {
            merge = try source.consistently { try source.contents(id).map { try RedisMerge($0, by: &sorter) } }
        }
        // The memory of a large one is not kept.
        if let head = merge?.head, head.baseBytes + head.entryBytes > 8 << 20 { sorter = StateSorter() }
        return merge
    }
}
