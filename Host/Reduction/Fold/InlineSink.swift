import CPluginAPI
import CRecords
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
        let partition = Partitioner.partition(of: event.actor, count: positions.count)
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

/// Where an actor's records go.
package enum Partitioner {
    /// As Kafka's default partitioner: murmur2 of the key.
    @inline(__always)
    package static func partition(of actor: UnsafeRawBufferPointer?, count: Int) -> Int {
        let hash = lectern_murmur2(actor?.baseAddress?.assumingMemoryBound(to: UInt8.self), actor?.count ?? 0)
        return Int(hash & 0x7fff_ffff) % count
    }
}
