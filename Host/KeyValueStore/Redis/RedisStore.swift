import Dispatch
import Records

/// A store on a Redis server or cluster.
///
/// Values are plain strings, and a sorted set of their names is what scans go through, so that a scan meets each once.
/// A checkpoint is one transaction: an entry with the states that have changed, and the head that names it. When entries
/// have piled up, they are merged into a sorted part in the background.
///
/// While the server is away, a checkpoint waits until it is back, the reading of states for as long as the setting
/// `patience`, and values for `timeout`. In a cluster the checkpoints of one partition are stored together or not at all,
/// those of several need not be. A store whose values expire holds values alone.
package final class RedisStore: KeyValueStore {
    private let configuration: RedisConfiguration
    private let isReadOnly: Bool
    private let router: RedisRouter
    private let source: RedisSource
    private let values: RedisValues
    private let checkpoints: RedisCheckpoints
    /// Runs what blocks and is asked for by tasks.
    private let queue = DispatchQueue(label: "kvs.redis")

    /// Connects. `readOnly` changes nothing. `report` gets sentences for operators: what the server is not set up for, when
    /// it goes away and when it is back; on any thread.
    ///
    /// Blocks, for as long as the setting `timeout`. Throws a `StoreError`.
    package init(
        _ configuration: RedisConfiguration, readOnly: Bool = false,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        self.configuration = configuration
        isReadOnly = readOnly
        do {
            // What can't be reached at the start is this call's error.
            router = try RedisRouter(configuration, report: report)
        } catch {
            throw StoreError.unreachable(server: configuration.name, reason: error.reason)
        }
        source = RedisSource(router: router, keys: RedisKeys(prefix: configuration.prefix))
        values = RedisValues(source)
        checkpoints = RedisCheckpoints(source)
        do {
            try checkFormat()
            if !readOnly && configuration.expiry == nil {
                for warning in try RedisServers(source: source).warnings() { report(warning) }
            }
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    private func close() {
        router.close()
        checkpoints.close()
    }

    private func checkFormat() throws {
        var commands = RedisCommands()
        if !isReadOnly { commands.add("SETNX", source.keys.format, RedisWord(RedisKeys.format)) }
        commands.add("GET", source.keys.format)
        let deadline = MonotonicClock.microseconds + configuration.timeout.microseconds
        let answer = try source.ask(
            RedisRequest(
                commands: commands, route: .slot(RedisKeys.catalogSlot), role: .reading, isRepeatable: true,
                deadline: deadline))
        guard let found = answer.replies.last?.text, found != RedisKeys.format else { return }
        throw StoreError.unknownFormat(path: source.name, found: found, expected: RedisKeys.format)
    }

    private func checkWritable() throws {
        if isReadOnly {
            throw StoreError.server(server: source.name, reason: "the store was opened for reading only")
        }
    }

    private func checkHoldsStates() throws {
        try checkWritable()
        if let expiry = configuration.expiry {
            throw StoreError.forgets(
                store: "\(source.name), a redis_ephemeral,", reason: "it forgets after \(expiry) s",
                remedy: "keep states in a store of another type: sqlite, redis or filesystem")
        }
    }

    package func stopWaiting() { router.stopWaiting(after: configuration.shutdown) }

    // MARK: Values

    package func multiGet(_ keys: [String]) async throws -> [String?] {
        if !keys.contains(where: { StateKey($0) != nil }) { return try await values.get(keys) }
        return try await read { try $0.multiGet(keys) }
    }

    package func multiSet(_ entries: [StoreEntry]) async throws {
        try checkWritable()
        for entry in entries { try entry.check() }
        try await values.set(entries)
    }

    package func insert(_ entries: [StoreEntry]) async throws {
        try checkWritable()
        for entry in entries { try entry.check() }
        try await values.set(entries, onlyNew: true)
    }

    package func delete(_ key: String) async throws -> Bool {
        try checkWritable()
        if StateKey(key) != nil { throw StoreError.stateKey(key) }
        return try await values.delete(key)
    }

    package func compareAndSet(_ key: String, expected: String?, value: String?) async throws -> Bool {
        try checkWritable()
        try StoreEntry(key: key, value: value ?? "null").check()
        return try await values.compareAndSet(key, expected: expected, value: value)
    }

    package func scan(prefix: String, after cursor: String?, limit: Int) async throws -> StorePage {
        try await read { try $0.scan(prefix: prefix, after: cursor, limit: limit, withValues: true) }
    }

    package func keys(prefix: String, after cursor: String?, limit: Int) async throws -> KeyPage {
        let page = try await read { try $0.scan(prefix: prefix, after: cursor, limit: limit, withValues: false) }
        return KeyPage(keys: page.entries.map(\.key), next: page.next)
    }

    package func clear() async throws {
        try checkWritable()
        let (source, checkpoints) = (source, checkpoints)
        try await run {
            try checkpoints.removing {
                // Heads first: what they name is then nobody's, should this end here.
                for (id, _) in try source.catalog(plugin: nil) {
                    var commands = RedisCommands()
                    commands.add("UNLINK", source.keys.head(id))
                    _ = try source.ask(commands, slot: RedisKeys.slot(ofPartition: id.partition))
                }
                try RedisServers(source: source).removeAll(source.keys.pattern, keeping: source.keys.isEpoch)
                var commands = RedisCommands()
                commands.add("SET", source.keys.format, RedisWord(RedisKeys.format))
                _ = try source.ask(commands, slot: RedisKeys.catalogSlot)
            }
        }
    }

    package func compact() throws {
        try checkWritable()
        try checkpoints.mergeAll()
        try RedisServers(source: source).rewriteFiles()
    }

    private func read<Result: Sendable>(
        _ body: @escaping @Sendable (RedisSnapshot) throws -> Result
    ) async throws -> Result {
        let (source, values) = (source, values)
        return try await run { try source.consistently { try body(RedisSnapshot(source, values)) } }
    }

    private func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    // MARK: Checkpoints

    /// Draws the next number, or the least that is wanted.
    private static let draw = """
        local number = redis.call('INCR', KEYS[1])
        if number >= tonumber(ARGV[1]) then return number end
        redis.call('SET', KEYS[1], ARGV[1])
        return tonumber(ARGV[1])
        """

    package func acquire(log: [UInt8], partitions: [Int], atLeast: [Int: UInt64]) throws -> Epochs {
        try checkHoldsStates()
        try RedisServers(source: source).checkKeepsStates()
        var epochs = Epochs(log: log, numbers: [:])
        for partition in partitions {
            var commands = RedisCommands()
            commands.add(
                "EVAL", RedisWord(Self.draw), RedisWord("1"), source.keys.epoch(log: log, partition: partition),
                RedisWord(atLeast[partition] ?? 0))
            let number = try source.ask(commands, slot: RedisKeys.slot(ofPartition: partition))[0].integer ?? 0
            epochs.numbers[partition] = UInt64(number)
        }
        // Another may have owned them since they were written here.
        checkpoints.forget()
        return epochs
    }

    package func commit(_ checkpoints: [Checkpoint]) throws {
        if checkpoints.isEmpty { return }
        try checkHoldsStates()
        try self.checkpoints.commit(checkpoints)
    }

    package func replace(plugin: String, with checkpoints: [Checkpoint], as epochs: Epochs) throws {
        try checkHoldsStates()
        try self.checkpoints.replace(plugin, with: checkpoints, epochs)
    }

    package func restore(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        let id = RedisPartitionID(plugin: plugin, partition: partition)
        return try source.consistently {
            guard let contents = try source.contents(id) else { return nil }
            var checkpoint = contents.checkpointHead
            checkpoint.marks = try contents.marks()
            checkpoint.blocks = try contents.description.piles.indices.flatMap {
                try RedisPile(contents, index: $0, number: 0).blocks()
            }
            return checkpoint
        }
    }

    package func changes(plugin: String, partition: Int, since version: StoredVersion) throws -> StoredChanges? {
        let id = RedisPartitionID(plugin: plugin, partition: partition)
        return try source.consistently { try source.contents(id)?.changes(since: version) }
    }

    package func head(plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        let id = RedisPartitionID(plugin: plugin, partition: partition)
        return try source.consistently { try source.contents(id)?.checkpointHead }
    }

    package func plugins() throws -> [StoredPosition] {
        let ids = try source.catalog(plugin: nil).map(\.id)
        return try zip(ids, source.heads(ids)).compactMap { id, head in
            head.map {
                StoredPosition(
                    plugin: id.plugin, partition: id.partition, position: $0.position, epoch: $0.epoch, log: $0.log)
            }
        }.sorted { ($0.plugin, $0.partition) < ($1.plugin, $1.partition) }
    }
}
