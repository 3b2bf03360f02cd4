import KeyValueStore
import PluginHost
import Records
import Rules

// What goes over a worker's channel beside the records. Each type writes itself and reads what it wrote.

/// What the shards of a worker have in common.
struct ShardOrder {
    var setup: ShardSetup
    var log: [UInt8]
    /// The partitions of each shard.
    var owned: [[Int]]

    var message: WireWriter {
        var writer = WireWriter()
        writer.write(UInt32(setup.partitions))
        writer.write(UInt32(setup.batch))
        writer.write(setup.hashKey)
        writer.write(log)
        writer.write(setup.dedup.message)
        writer.write(setup.spill?.folder ?? "")
        writer.write(UInt64(setup.spill?.changes ?? 0))
        writer.write(UInt32(owned.count))
        for partitions in owned {
            writer.write(UInt32(partitions.count))
            for partition in partitions { writer.write(UInt32(partition)) }
        }
        let skips = setup.skips.flatMap { plugin, partitions in
            partitions.flatMap { partition, positions in positions.map { (plugin, partition, $0) } }
        }
        writer.write(UInt32(skips.count))
        for (plugin, partition, position) in skips {
            writer.write(plugin)
            writer.write(UInt32(partition))
            writer.write(position)
        }
        writer.write(UInt32(setup.rules.sets.count))
        for set in setup.rules.sets { writer.write(set.json) }
        writer.write(UInt32(setup.rules.places.count))
        for (partition, places) in setup.rules.places {
            writer.write(UInt32(partition))
            writer.write(UInt32(places.count))
            for place in places {
                writer.write(place.from)
                writer.write(UInt32(place.set))
            }
        }
        return writer
    }

    init(setup: ShardSetup, log: [UInt8], owned: [[Int]]) {
        self.setup = setup
        self.log = log
        self.owned = owned
    }

    init(_ message: UnsafeRawBufferPointer, plugin: Plugin) throws(MalformedMessage) {
        var reader = WireReader(message)
        let partitions = Int(try reader.integer(UInt32.self))
        let batch = Int(try reader.integer(UInt32.self))
        let hashKey = Array(try reader.part())
        log = Array(try reader.part())
        guard let dedup = DedupRules(message: Array(try reader.part())) else {
            throw MalformedMessage("rules of dedup that are none")
        }
        let folder = try reader.text()
        let spill = Spilling(folder: folder, changes: Int(try reader.integer(UInt64.self)))
        owned = []
        for _ in 0..<(try reader.count()) {
            var partitions: [Int] = []
            for _ in 0..<(try reader.count()) { partitions.append(Int(try reader.integer(UInt32.self))) }
            owned.append(partitions)
        }
        setup = ShardSetup(
            plugins: [plugin], partitions: partitions, batch: batch, dedup: dedup, hashKey: hashKey,
            spill: folder.isEmpty ? nil : spill)
        for _ in 0..<(try reader.count()) {
            let plugin = try reader.text()
            let partition = Int(try reader.integer(UInt32.self))
            setup.skips[plugin, default: [:]][partition, default: []].insert(try reader.integer())
        }
        var sets: [FilterRules] = []
        for _ in 0..<(try reader.count()) {
            let json = try reader.text()
            guard let rules = try? FilterRules(recorded: json, at: "the host") else {
                throw MalformedMessage("filter rules that this build does not know")
            }
            sets.append(rules)
        }
        for _ in 0..<(try reader.count()) {
            let partition = Int(try reader.integer(UInt32.self))
            for _ in 0..<(try reader.count()) {
                let from: UInt64 = try reader.integer()
                let set = Int(try reader.integer(UInt32.self))
                guard sets.indices.contains(set) else { throw MalformedMessage("no such filter rules") }
                setup.rules.add(sets[set], partition: partition, from: from)
            }
        }
    }
}

/// States of one partition on their way to a worker: for a shard that goes on from them, or for a view.
struct StatesMessage {
    var shard: Int
    var partition: Int
    var position: UInt64
    var newestFirst: Bool
    /// Of the checkpoint; empty for a view.
    var summary: [UInt8]
    var marks: [[UInt8]]
    var blocks: [StateBlock]

    var message: WireWriter {
        var writer = WireWriter()
        writer.write(UInt32(shard))
        writer.write(UInt32(partition))
        writer.write(position)
        writer.write(newestFirst)
        writer.write(summary)
        writer.write(UInt32(marks.count))
        for mark in marks { writer.write(mark) }
        let kept = blocks.filter { !$0.external }
        writer.write(UInt32(kept.count))
        for block in kept {
            writer.write(block.component)
            writer.write(UInt32(block.incarnation))
            writer.write(UInt64(block.count))
            writer.write(block.bytes)
        }
        return writer
    }

    init(
        shard: Int, partition: Int, position: UInt64, newestFirst: Bool, summary: [UInt8], marks: [[UInt8]],
        blocks: [StateBlock]
    ) {
        self.shard = shard
        self.partition = partition
        self.position = position
        self.newestFirst = newestFirst
        self.summary = summary
        self.marks = marks
        self.blocks = blocks
    }

    init(_ message: UnsafeRawBufferPointer, of plugin: PluginDescription) throws(MalformedMessage) {
        var reader = WireReader(message)
        shard = Int(try reader.integer(UInt32.self))
        partition = Int(try reader.integer(UInt32.self))
        position = try reader.integer()
        newestFirst = try reader.boolean()
        summary = Array(try reader.part())
        marks = []
        for _ in 0..<(try reader.count()) { marks.append(Array(try reader.part())) }
        blocks = []
        for _ in 0..<(try reader.count()) {
            let block = try reader.block()
            guard let reducer = plugin.reducer(block.component) else { continue }
            blocks.append(StateBlock(block, of: reducer))
        }
    }
}

/// A shard's checkpoint on its way from a worker: of some partitions, all or none.
struct CheckpointMessage {
    static func write(_ checkpoints: [EncodedCheckpoint], shard: Int) -> WireWriter {
        var writer = WireWriter()
        writer.write(UInt32(shard))
        writer.write(UInt32(checkpoints.count))
        for checkpoint in checkpoints {
            writer.write(UInt32(checkpoint.head.partition))
            writer.write(checkpoint.head.position)
            writer.write(checkpoint.latest ?? .min)
            writer.write(UInt32(checkpoint.blocks.count))
            for (reducer, buffer) in checkpoint.blocks {
                writer.write(reducer.id)
                writer.write(UInt32(reducer.version))
                writer.write(UInt64(buffer.count))
                buffer.withBytes { writer.write($0) }
            }
            if let marks = checkpoint.marks {
                marks.withBytes { writer.write($0) }
            } else {
                writer.write([])
            }
        }
        return writer
    }

    let shard: Int
    /// Checked: what the worker wrote may be anything.
    let checkpoints: [Checkpoint]

    /// - Parameters:
    ///   - head: what is the same in every checkpoint of the plugin.
    ///   - limits: of each partition, where it stands and the position beyond which the log has nothing.
    init(
        _ message: [UInt8], of plugin: PluginDescription, head: Checkpoint, owned: [[Int]],
        limits: (Int) -> ClosedRange<UInt64>
    ) throws(MalformedMessage) {
        (shard, checkpoints) = try message.read { reader throws(MalformedMessage) in
            let shard = Int(try reader.integer(UInt32.self))
            guard owned.indices.contains(shard) else { throw MalformedMessage("a checkpoint of shard \(shard)") }
            var checkpoints: [Checkpoint] = []
            for _ in 0..<(try reader.count()) {
                var checkpoint = head
                checkpoint.partition = Int(try reader.integer(UInt32.self))
                checkpoint.position = try reader.integer()
                let latest: Int64 = try reader.integer()
                checkpoint.summary = CheckpointSummary(plugin, latest: latest == .min ? nil : latest).bytes
                guard owned[shard].contains(checkpoint.partition),
                    limits(checkpoint.partition).contains(checkpoint.position)
                else {
                    throw MalformedMessage(
                        "a checkpoint of partition \(checkpoint.partition) at position \(checkpoint.position), "
                            + "which is not to be had")
                }
                for _ in 0..<(try reader.count()) {
                    let read = try reader.block()
                    guard let reducer = plugin.reducer(read.component), reducer.version == read.incarnation else {
                        throw MalformedMessage("states of \(read.component)@\(read.incarnation), which it has not")
                    }
                    let block = StateBlock(read, of: reducer)
                    try block.check()
                    checkpoint.blocks.append(block)
                }
                checkpoint.marks = Array(try reader.part())
                checkpoints.append(checkpoint)
            }
            return (shard, checkpoints)
        }
    }
}

extension WireReader {
    fileprivate struct Block {
        let component: String
        let incarnation: Int
        let count: Int
        let bytes: UnsafeRawBufferPointer
    }

    fileprivate mutating func block() throws(MalformedMessage) -> Block {
        Block(
            component: try text(), incarnation: Int(try integer(UInt32.self)),
            count: Int(clamping: try integer(UInt64.self)), bytes: try part())
    }
}

extension StateBlock {
    fileprivate init(_ block: WireReader.Block, of reducer: ReducerDescription) {
        self.init(
            component: block.component, incarnation: block.incarnation, fields: reducer.key.map(\.name),
            spread: reducer.isSpread, external: false, bytes: Array(block.bytes), count: block.count)
    }
}
