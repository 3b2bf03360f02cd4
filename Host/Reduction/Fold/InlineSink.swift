import CPluginAPI
import Records

/// Folds decoded events at once, in the thread that reads them: each event is parsed once.
final class InlineSink: FoldSink {
    private let shard: Shard
    private let positions: UnsafeMutablePointer<UInt64>
    private let partitions: Int

    init(_ shard: Shard) {
        self.shard = shard
        partitions = shard.setup.partitions
        positions = .allocate(capacity: partitions)
        positions.initialize(repeating: 0, count: partitions)
    }

    deinit { positions.deallocate() }

    var extractor: FieldExtractor { shard.fields.extractor }

    var nextRow: UnsafeMutablePointer<lectern_value> { shard.nextRow }

    @inline(__always)
    func add(_ event: DecodedEvent) {
        let partition = event.partition(of: partitions)
        let position = positions[partition]
        positions[partition] = position + 1
        shard.add(
            Shard.Incoming(
                partition: partition, position: position, time: event.time ?? 0, isTimeClaimed: event.time != nil,
                received: event.time ?? 0, type: event.type, actor: event.actor, payload: event.payload,
                fields: event.fields))
    }

    func flush() { shard.flush() }

    func tick(_ time: Int64) {
        for partition in 0..<partitions {
            shard.tick(time, partition: partition, position: positions[partition])
            positions[partition] += 1
        }
    }

    func finish() { flush() }
}
