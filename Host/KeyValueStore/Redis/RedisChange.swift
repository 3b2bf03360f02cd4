import Foundation

/// A plugin's partition as it was read or written last.
struct RedisPartition {
    /// Nil: there is no checkpoint.
    var head: RedisHead?
    var description = RedisDescription()
}

/// The commands of a change, and what it makes of the partitions that it is about.
struct RedisChange {
    var commands = RedisCommands()
    /// A nil head: no checkpoint is left.
    var partitions: [RedisPartitionID: RedisPartition] = [:]
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
        var description = before.description
        let piles = try checkpoint.blocks.map { try description.pile(of: $0, plugin: checkpoint.plugin) }
        description.summary = checkpoint.summary
        if description != before.description || head.description == 0 {
            if head.description != 0 {
                commands.add("UNLINK", keys.part(id, head.life, head.descriptionName()))
            }
            head.description += 1
            let json = [UInt8](try JSONEncoder().encode(description))
            commands.add("SET", keys.part(id, head.life, head.descriptionName()), json)
        }
        let plan = RedisEntryPlan(checkpoint, rows: rows, piles: piles)
        for index in 0..<plan.count {
            let number = head.entries.upperBound
            let size = plan.size(index)
            commands.set(keys.part(id, head.life, RedisHead.entryName(number)), count: size) {
                plan.append(index, to: &$0)
            }
            head.entries = head.entries.lowerBound..<number + 1
            head.entryBytes += UInt64(size)
        }
        head.log = checkpoint.log
        head.position = checkpoint.position
        head.epoch = checkpoint.epoch
        partitions[id] = RedisPartition(head: head, description: description)
    }

    /// Removes all that is there of a partition.
    mutating func remove(_ id: RedisPartitionID, _ known: RedisPartition?) {
        if let head = known?.head {
            commands.add("UNLINK", [keys.head(id)] + head.names.map { keys.part(id, head.life, $0) })
        }
        partitions[id] = RedisPartition()
    }

    /// Puts a merged part in place of what it was made of. `known` may have got more entries since.
    mutating func put(_ merge: RedisMerge, _ known: RedisPartition) {
        guard let before = known.head else { return }
        var head = before
        head.base += 1
        head.rows = UInt64(merge.rows.count)
        head.baseBytes = merge.rows.reduce(UInt64(merge.base.marks.count)) { $0 + UInt64($1.count) }
        head.entries = merge.head.entries.upperBound..<before.entries.upperBound
        head.entryBytes -= merge.head.entryBytes
        let id = merge.id
        for (index, row) in merge.rows.enumerated() {
            commands.set(keys.part(id, head.life, head.rowName(index)), count: row.count) { $0 += row }
        }
        let base = (try? JSONEncoder().encode(merge.base)).map { [UInt8]($0) } ?? []
        commands.add("SET", keys.part(id, head.life, head.baseName()), base)
        let gone = before.baseNames + merge.head.entries.map(RedisHead.entryName)
        if !gone.isEmpty { commands.add("UNLINK", gone.map { keys.part(id, head.life, $0) }) }
        partitions[id] = RedisPartition(head: head, description: known.description)
    }

    /// Adds the heads.
    ///
    /// - Parameter token: nil: they stay those of the commits before.
    mutating func addHeads(token: [UInt64]?) {
        for (id, partition) in partitions {
            guard var head = partition.head else { continue }
            if let token { head.token = token }
            partitions[id]?.head = head
            commands.add("SET", keys.head(id), head.bytes)
        }
    }
}

extension Checkpoint {
    var partitionID: RedisPartitionID { RedisPartitionID(plugin: plugin, partition: partition) }
}
