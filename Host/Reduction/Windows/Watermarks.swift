import CPluginAPI

/// How far event time has come for one plugin, in each partition: the latest time of an event that it has folded. Not thread-safe.
final class Watermarks {
    /// By partition; `Int64.min`: none yet.
    private let latest: UnsafeMutablePointer<Int64>
    /// Of each event of the batch: the latest time of those before it, and whether some window of it was over.
    private let before: UnsafeMutablePointer<Int64>
    private let isLate: UnsafeMutablePointer<Bool>
    private let partitions: Int

    init(partitions: Int, batch: Int) {
        self.partitions = partitions
        latest = .allocate(capacity: partitions)
        latest.initialize(repeating: .min, count: partitions)
        before = .allocate(capacity: batch)
        isLate = .allocate(capacity: batch)
    }

    deinit {
        latest.deallocate()
        before.deallocate()
        isLate.deallocate()
    }

    subscript(partition: Int) -> Int64 {
        get { latest[partition] }
        set { latest[partition] = newValue }
    }

    /// Goes past an event of a batch that is folded. To be called in the log's order, before reducers see the batch.
    @inline(__always)
    func pass(_ event: Int, _ batch: Batch) {
        let partition = batch.partitions[event]
        before[event] = latest[partition]
        isLate[event] = false
        // A clock that is ahead would make all others late.
        let time = min(batch.events[event].time, batch.events[event].received)
        if time > latest[partition] { latest[partition] = time }
    }

    /// The watermark at an event of the batch; `Int64.min`: none yet.
    @inline(__always)
    func at(_ event: Int, disorder: Int64) -> Int64 { Self.watermark(before[event], disorder) }

    /// The watermark of a partition, behind the batch.
    func of(_ partition: Int, disorder: Int64) -> Int64 { Self.watermark(latest[partition], disorder) }

    @inline(__always)
    private static func watermark(_ latest: Int64, _ disorder: Int64) -> Int64 {
        latest == .min ? .min : latest &- disorder
    }

    /// Notes that an event came too late for a reducer. Returns whether that is new.
    func noteLate(_ event: Int) -> Bool {
        defer { isLate[event] = true }
        return !isLate[event]
    }
}
