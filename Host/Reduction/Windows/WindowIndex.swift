import CRecords
import PluginHost
import Records

/// Which states of one reducer belong to which window, by partition, so that old windows can be removed. It follows from the
/// states, so no checkpoint has it. Not thread-safe.
final class WindowIndex {
    private struct Partition {
        /// Keys of states in memory, by the windows' starts.
        var resident: [Int64: [UInt64]] = [:]
        /// Stored keys of states that have left memory; some may have come back.
        var spilled: [Int64: [[UInt8]]] = [:]
        /// No window begins before.
        var earliest = Int64.max
    }

    struct Removed {
        var resident: [UInt64] = []
        var spilled: [[UInt8]] = []
    }

    let windows: WindowComponent
    private var partitions: [Partition]

    init(_ windows: WindowComponent, partitions: Int) {
        self.windows = windows
        self.partitions = Array(repeating: Partition(), count: partitions)
    }

    /// Notes a state that has come into memory.
    func note(_ key: UInt64, _ start: Int64, partition: Int) {
        partitions[partition].resident[start, default: []].append(key)
        partitions[partition].earliest = min(partitions[partition].earliest, start)
    }

    /// Notes a state in memory, by its stored key.
    func note(_ key: UInt64, stored: UnsafeRawBufferPointer, partition: Int) {
        if let start = start(ofStored: stored) { note(key, start, partition: partition) }
    }

    /// Notes a state that leaves memory.
    func noteSpilled(_ stored: UnsafeRawBufferPointer, partition: Int) {
        guard let start = start(ofStored: stored) else { return }
        partitions[partition].spilled[start, default: []].append(Array(stored))
        partitions[partition].earliest = min(partitions[partition].earliest, start)
    }

    /// Forgets the states in memory, all of which get other keys.
    func forgetMoved() {
        for index in partitions.indices { partitions[index].resident = [:] }
    }

    /// Takes out the states of windows that have had their time, or returns nil if there are none.
    func takeExpired(at watermark: Int64, partition: Int) -> Removed? {
        guard windows.description.expiry(partitions[partition].earliest) <= watermark else { return nil }
        var removed = Removed()
        func isOver(_ start: Int64) -> Bool { windows.description.expiry(start) <= watermark }
        for (start, keys) in partitions[partition].resident where isOver(start) {
            removed.resident += keys
            partitions[partition].resident[start] = nil
        }
        for (start, keys) in partitions[partition].spilled where isOver(start) {
            removed.spilled += keys
            partitions[partition].spilled[start] = nil
        }
        let (resident, spilled) = (partitions[partition].resident.keys.min(), partitions[partition].spilled.keys.min())
        partitions[partition].earliest = min(resident ?? .max, spilled ?? .max)
        return removed
    }

    private func start(ofStored key: UnsafeRawBufferPointer) -> Int64? {
        guard let parts = KeyBytes.decode(key), parts.indices.contains(windows.part),
            case .text(var text) = parts[windows.part]
        else { return nil }
        return text.withUTF8 { text in
            var time: Int64 = 0
            var precision: UInt8 = 0
            let isTime = text.withMemoryRebound(to: CChar.self) {
                lectern_parse_timestamp($0.baseAddress, $0.count, &time, &precision)
            }
            return isTime == 1 ? time : nil
        }
    }
}
