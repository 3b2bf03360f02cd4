import CRecords
import PluginHost
import Records

extension ReducerStates {
    /// Removes the windows of a partition that have had their time. No event can touch them any more, so when this is called
    /// changes nothing but memory; checkpoints hold none if it is called after each batch.
    func removeWindows(at watermark: Int64, partition: Int, _ keys: inout KeySpace) {
        guard let removed = windows?.takeExpired(at: watermark, partition: partition) else { return }
        var stored = Bytes()
        for key in removed.resident {
            stored.truncate()
            keyForm.append(key, keys, to: &stored)
            gone[partition].addDeletion(stored.contents)
            remove(key, partition: partition, keys)
        }
        for stored in removed.spilled {
            stored.withUnsafeBytes { bytes in
                // It may have come back: then it is among those in memory.
                do {
                    try spilled?.take(bytes, partition: partition) { _ in gone[partition].addDeletion(bytes) }
                } catch {
                    if let packed = reducer.packedKey(bytes, &keys) { fail(packed, "none: \(error)", keys) }
                }
            }
        }
    }
}
