/// All that a stub holds: a value, so that a reader has one moment of it.
struct StubContents: StoreSnapshot {
    struct CheckpointID: Hashable {
        let plugin: String
        let partition: Int
    }

    struct CheckpointHead {
        var position: StoredPosition
        var summary: [UInt8]
        var marks: [[UInt8]]
    }

    var values: [StoreKey: String] = [:]
    var checkpoints: [CheckpointID: CheckpointHead] = [:]
    var epochs = DrawnEpochs()
    /// By rising id.
    var piles: [StubPile] = []
    private var nextPile = 1

    func value(_ key: String) -> String? { values[StoreKey(key)] }

    func values(prefix: String, after: String?, limit: Int) -> [StoreEntry] {
        let after = after.map { Array($0.utf8) }
        return values.filter { key, _ in
            key.bytes.starts(with: prefix.utf8) && after.map { $0.lexicographicallyPrecedes(key.bytes) } ?? true
        }
        .sorted { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }
        .prefix(limit)
        .map { StoreEntry(key: String(decoding: $0.key.bytes, as: UTF8.self), value: $0.value) }
    }

    func piles(plugin: String?) -> [StubPile] {
        plugin.map { plugin in piles.filter { $0.component.plugin == plugin } } ?? piles
    }

    mutating func discard(plugin: String, as epochs: Epochs) {
        checkpoints = checkpoints.filter { $0.key.plugin != plugin || !epochs.replace($0.key.partition) }
        piles.removeAll { $0.component.plugin == plugin && epochs.replace($0.partition) }
    }

    mutating func commit(_ checkpoint: Checkpoint) throws {
        let id = CheckpointID(plugin: checkpoint.plugin, partition: checkpoint.partition)
        var marks = checkpoint.replacesMarks ? [] : checkpoints[id]?.marks ?? []
        if !checkpoint.marks.isEmpty { marks.append(checkpoint.marks) }
        let position = StoredPosition(
            plugin: checkpoint.plugin, partition: checkpoint.partition, position: checkpoint.position,
            epoch: checkpoint.epoch, log: checkpoint.log)
        checkpoints[id] = CheckpointHead(position: position, summary: checkpoint.summary, marks: marks)
        for block in checkpoint.blocks where block.count > 0 {
            let index = try pileIndex(of: block, checkpoint)
            try piles[index].add(block.bytes)
        }
    }

    private mutating func pileIndex(of block: StateBlock, _ checkpoint: Checkpoint) throws -> Int {
        let component = StateComponent(plugin: checkpoint.plugin, block: block)
        for (index, pile) in piles.enumerated()
        where pile.partition == checkpoint.partition && pile.isExternal == block.external
            && pile.component.isIncarnation(of: component)
        {
            try pile.component.checkSame(component)
            return index
        }
        piles.append(
            StubPile(
                id: nextPile, component: component, isExternal: block.external, partition: checkpoint.partition))
        nextPile += 1
        return piles.count - 1
    }

    func head(plugin: String, partition: Int) -> RestoredCheckpoint? {
        guard let head = checkpoints[CheckpointID(plugin: plugin, partition: partition)] else { return nil }
        return RestoredCheckpoint(
            log: head.position.log, position: head.position.position, epoch: head.position.epoch, summary: head.summary,
            marks: [], blocks: [])
    }

    func restore(plugin: String, partition: Int) -> RestoredCheckpoint? {
        guard var checkpoint = head(plugin: plugin, partition: partition) else { return nil }
        checkpoint.marks = checkpoints[CheckpointID(plugin: plugin, partition: partition)]?.marks ?? []
        checkpoint.blocks = piles.filter { $0.component.plugin == plugin && $0.partition == partition }.flatMap {
            pile in
            (pile.recent.reversed() + pile.sorted.map(\.bytes)).map { bytes in
                StateBlock(component: pile.component, external: pile.isExternal, bytes: bytes)
            }
        }
        return checkpoint
    }
}
