import CPluginAPI
import Records

/// Hands decoded events to the threads of several shards, as records. Not thread-safe.
final class ThreadedSink: FoldSink {
    /// Records on their way to a shard: bytes of a `RecordBatch`, with positions.
    private final class Parcel: @unchecked Sendable {
        // `@unchecked Sendable`: filled by one thread, then handed over and never touched by it again.
        let batch = RecordBatch()
        var positions: [UInt64] = []
    }

    private let threads: [FoldThread<Parcel>]
    private var parcels: [Parcel]
    private var positions: [UInt64]
    private let scratch: UnsafeMutablePointer<lectern_value>
    let extractor = FieldExtractor()

    /// Fields that a decoder may declare, at most.
    private static let rowLength = 64

    /// The partitions that one of several shards folds.
    static func partitions(of shard: Int, shards: Int, count: Int) -> [Int] {
        Array(stride(from: shard, to: count, by: shards))
    }

    init(_ shards: [Shard]) {
        let partitions = shards[0].setup.partitions
        positions = Array(repeating: 0, count: partitions)
        scratch = .allocate(capacity: Self.rowLength)
        parcels = shards.map { _ in Parcel() }
        threads = shards.indices.map { index in
            let owned = Self.partitions(of: index, shards: shards.count, count: partitions)
            let feeder = RecordFeeder(shards[index], owned: owned)
            return FoldThread(shard: shards[index], feeder: feeder) { parcel, shard, feeder in
                var next = 0
                for record in parcel.batch.records {
                    feeder.add(record, position: parcel.positions[next])
                    next += 1
                }
                shard.flush()
            }
        }
    }

    deinit { scratch.deallocate() }

    var nextRow: UnsafeMutablePointer<lectern_value> {
        precondition(extractor.count <= Self.rowLength)
        return scratch
    }

    func add(_ event: DecodedEvent) throws {
        let partition = event.partition(of: positions.count)
        var record = NewRecord()
        record.received = event.time ?? 0
        record.time = event.time
        record.precision = event.precision
        record.type = event.type
        if let actor = event.actor { record.actor = actor }
        if let fields = event.fields { record.fields = fields }
        record.payload = event.payload
        try add(record, to: partition)
    }

    func tick(_ time: Int64) throws {
        var record = NewRecord()
        record.kind = .control
        record.received = time
        var type = Tick.recordType
        try type.withUTF8 { type in
            record.type = UnsafeRawBufferPointer(type)
            for partition in positions.indices { try add(record, to: partition) }
        }
    }

    private func add(_ record: NewRecord, to partition: Int) throws {
        let parcel = parcels[partition % threads.count]
        var record = record
        record.partition = UInt16(partition)
        try parcel.batch.append(record)
        parcel.positions.append(positions[partition])
        positions[partition] += 1
    }

    func flush() {
        extractor.reset()
        for index in parcels.indices where !parcels[index].batch.isEmpty {
            threads[index].give(parcels[index])
            parcels[index] = Parcel()
        }
    }

    func finish() {
        flush()
        for thread in threads { thread.finish() }
    }
}

/// A shard and the thread that it folds on.
private final class FoldThread<Parcel: Sendable>: @unchecked Sendable {
    // `@unchecked Sendable`: shard and feeder are touched by the thread alone from `init` to the end of `finish`.
    private let shard: Shard
    private let feeder: RecordFeeder
    private let queue = BoundedQueue<Parcel>(limit: 4)
    private var thread: WorkThread?

    init(shard: Shard, feeder: RecordFeeder, _ body: @escaping @Sendable (Parcel, Shard, RecordFeeder) -> Void) {
        self.shard = shard
        self.feeder = feeder
        thread = WorkThread(name: "shard") { [unowned self] in
            while let parcel = queue.take() { body(parcel, self.shard, self.feeder) }
        }
    }

    func give(_ parcel: Parcel) { queue.put(parcel) }

    func finish() {
        queue.close()
        thread?.join()
        thread = nil
    }
}
