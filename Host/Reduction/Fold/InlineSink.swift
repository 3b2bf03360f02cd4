import CPluginAPI
import Records

/// Folds decoded events at once, in the thread that reads them: each event is parsed once.
final class InlineSink: FoldSink {
    private let shard: Shard
    private var positions: [UInt64]

    init(_ shard: Shard) {
        self.shard = shard
        positions = Array(repeating: 0, count: shard.setup.partitions)
    }

    var extractor: FieldExtractor { shard.fields.extractor }

    var nextRow: UnsafeMutablePointer<lectern_value> { shard.nextRow }

    @inline(__always)
    func add(_ event: DecodedEvent) {
        let partition = event.partition(of: positions.count)
        let position = positions[partition]
        positions[partition] = position + 1
        shard.add(
            Shard.Incoming(
                partition: partition, position: position, time: event.time ?? 0, isTimeClaimed: event.time != nil,
                received: event.time ?? 0, type: event.type, actor: event.actor, payload: event.payload,
                fields: event.fields))
    }

    func flush() { shard.flush() }

    func finish() { flush() }
}
