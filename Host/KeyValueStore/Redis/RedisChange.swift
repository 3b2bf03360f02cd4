import Foundation

/// A plugin's partition as it was read or written last.
final class RedisPartition: Sendable {
    /// Nil: there is no checkpoint.
    let head: RedisHead?
    /// The head as stored; empty if there is none.
    let bytes: [UInt8]
    let description: RedisDescription
    /// Nil: nobody has asked for them.
    let keys: RedisPartKeys?

    init(
        head: RedisHead? = nil, bytes: [UInt8] = [], description: RedisDescription = RedisDescription(),
        keys: RedisPartKeys? = nil
    ) {
        self.head = head
        self.bytes = bytes
        self.description = description
        self.keys = keys
    }
}

/// What a transaction changes, and what it makes of the partitions that it is about.
struct RedisChange {
    /// A nil head: no checkpoint is left.
    private(set) var partitions: [RedisPartitionID: RedisPartition] = [:]
    /// What is added.
    private(set) var entries: [(id: RedisPartitionID, number: UInt64, entry: RedisEntry)] = []
    /// Sorted parts that are put in place of others.
    private(set) var bases: [RedisPartitionID: RedisMerge] = [:]
    private var values = RedisPairs()
    private var gone: [RedisWord] = []
    private let keys: RedisKeys

    init(_ keys: RedisKeys) { self.keys = keys }

    /// Adds a checkpoint to what is there, or to what the change has already made of it.
    ///
    /// - Parameter rows: of each block, as `StateBlock.rows` cuts it.
    mutating func add(
        _ checkpoint: Checkpoint, rows: [[Range<Int>]], to known: [RedisPartitionID: RedisPartition]
    ) throws {
        let id = checkpoint.partitionID
        let before = partitions[id] ?? known[id] ?? RedisPartition()
        var head = before.head ?? RedisHead(life: .random(in: 1 ... .max))
        let keys = keys(id, before, head)
        var description = before.description
        let piles = try checkpoint.blocks.map { try description.pile(of: $0, plugin: checkpoint.plugin) }
        description.summary = checkpoint.summary
        if description != before.description || head.description == 0 {
            if head.description != 0 { gone.append(keys[head.descriptionName()]) }
            head.description += 1
            values.set(keys[head.descriptionName()], [UInt8](try JSONEncoder().encode(description)))
        }
        for entry in RedisEntry.cut(checkpoint, rows: rows, piles: piles) {
            let number = head.entries.upperBound
            values.set(keys[RedisHead.entryName(number)], entry)
            head.entries = head.entries.lowerBound..<number + 1
            head.entryBytes += UInt64(entry.size)
            entries.append((id, number, entry))
        }
        head.log = checkpoint.log
        head.position = checkpoint.position
        head.epoch = checkpoint.epoch
        partitions[id] = RedisPartition(head: head, description: description, keys: keys)
    }

    /// Removes all that is there of a partition.
    mutating func remove(_ id: RedisPartitionID, _ known: RedisPartition?) {
        if let known, let head = known.head {
            let keys = keys(id, known, head)
            gone += head.names.map { keys[$0] }
        }
        partitions[id] = RedisPartition()
    }

    /// Puts a merged part in place of what it was made of, unless that is gone. There may be more entries since.
    mutating func put(_ merge: RedisMerge, to known: [RedisPartitionID: RedisPartition]) {
        guard let known = known[merge.id], let before = known.head, before.life == merge.head.life,
            before.base == merge.head.base, before.entries.lowerBound == merge.head.entries.lowerBound
        else { return }
        var head = before
        head.base += 1
        head.rows = UInt64(merge.rows.count)
        head.baseBytes = merge.rows.reduce(UInt64(merge.base.marks.count)) { $0 + UInt64($1.count) }
        head.entries = merge.head.entries.upperBound..<before.entries.upperBound
        head.entryBytes -= merge.head.entryBytes
        let keys = keys(merge.id, known, head)
        for (index, row) in merge.rows.enumerated() { values.set(keys[head.rowName(index)], row) }
        values.set(keys[head.baseName()], (try? JSONEncoder().encode(merge.base)).map { [UInt8]($0) } ?? [])
        gone += before.baseNames.map { keys[$0] }
        gone += merge.head.entries.map { keys[RedisHead.entryName($0)] }
        partitions[merge.id] = RedisPartition(head: head, description: known.description, keys: keys)
        bases[merge.id] = merge
    }

    private func keys(_ id: RedisPartitionID, _ known: RedisPartition, _ head: RedisHead) -> RedisPartKeys {
        if let keys = known.keys, keys.life == head.life { return keys }
        return keys.parts(id, head.life)
    }

    /// Completes the change.
    ///
    /// - Parameter token: nil: the heads keep those of the commits before.
    /// - Returns: the transaction.
    mutating func end(token: RedisHead.Token?) -> RedisCommands {
        for (id, partition) in partitions where partition.head == nil { gone.append(keys.head(id)) }
        partitions = partitions.mapValues { partition in
            guard var head = partition.head, let keys = partition.keys else { return partition }
            if let token { head.token = token }
            let bytes = head.bytes
            values.set(keys.head, bytes)
            return RedisPartition(head: head, bytes: bytes, description: partition.description, keys: keys)
        }
        var commands = RedisCommands()
        commands.begin()
        commands.add(values)
        // Last: a change may replace what it has set itself.
        if !gone.isEmpty { commands.add("UNLINK", gone) }
        commands.commit()
        (values, gone) = (RedisPairs(), [])
        return commands
    }
}

extension Checkpoint {
    var partitionID: RedisPartitionID { RedisPartitionID(plugin: plugin, partition: partition) }
}
