import CPluginAPI
import CRecords
import PluginHost
import Records

// What makes room: the states that have not been changed for longest go to a file, and come back when an event or a tick
// wants them. What is left moves closer together, since a state may not be moved but can be written and read again.

extension ReducerStates {
    /// The mark of a state in memory that the file is to answer for; no checkpoint has this number.
    private static let isStaged = UInt32.max
    /// Checkpoints by whose distance states are told apart; all that are older are alike.
    private static let ages = 256

    private func age(_ header: StateHeader) -> Int {
        min(Int(UInt16(truncatingIfNeeded: epoch) &- header.touched), Self.ages - 1)
    }

    /// Writes the older half of the states into the file, as far as they may leave. They stay in memory as well until
    /// `finishSpill` or `dropSpill`. No checkpoint may be being taken.
    func stageSpill(in folder: String, _ keys: borrowing KeySpace) throws(SpillError) {
        guard slab.count > changes else { return }
        if spilled == nil { spilled = try SpillFile(in: folder) }
        guard let file = spilled else { return }
        try file.compact()
        var counts = [Int](repeating: 0, count: Self.ages)
        slab.forEach { counts[age($0.header.pointee)] += 1 }
        // The youngest ages that together are at most half of the states stay, whatever is asked of them.
        var kept = 0
        let limit = counts.firstIndex { count in
            kept += count
            return kept > slab.count / 2
        }
        var key = Bytes()
        try slab.forEach { (state) throws(SpillError) in
            let header = state.header
            guard header.pointee.epoch == 0, age(header.pointee) >= limit ?? 0, timers?.isOverdue(state) != true else {
                return
            }
            key.truncate()
            keyForm.append(header.pointee.key, keys, to: &key)
            let reason = try file.stage(key.contents, partition: Int(header.pointee.partition)) { raw in
                plugin.encode(state, by: functions.encode, context, to: raw)
            }
            // What can't be written stays, and fails when a checkpoint wants it.
            if reason == nil { header.pointee.epoch = Self.isStaged }
        }
        try file.flush()
    }

    /// Leaves the staged states in memory.
    func dropSpill() {
        spilled?.drop()
        slab.forEach { if $0.header.pointee.epoch == Self.isStaged { $0.header.pointee.epoch = 0 } }
    }

    /// Removes the staged states from memory, and moves the others to new places, by keys of a new space.
    func finishSpill(_ old: borrowing KeySpace, _ keys: inout KeySpace) {
        spilled?.commit()
        for partition in 0..<partitions {
            tables[partition].deallocate()
            tables[partition] = StateTable()
        }
        let moving = MovingStates()
        var key = Bytes()
        var draining = Slab(size: Int(functions.state_size), alignment: Int(functions.state_align))
        swap(&slab, &draining)
        draining.drain { state in
            let header = state.header.pointee
            key.truncate()
            keyForm.append(header.key, old, to: &key)
            if header.epoch == Self.isStaged {
                timers?.noteSpilled(state, key: key.contents)
                windows?.noteSpilled(key.contents, partition: Int(header.partition))
            } else {
                let reason = moving.add(header, key.contents, timers?.isOverdue(state) == true) { raw in
                    plugin.encode(state, by: functions.encode, context, to: raw)
                }
                if let reason { fail(header.key, reason, old) }
            }
            functions.destroy?(context, state)
        }
        dirty.removeAll(keepingCapacity: false)
        timers?.forgetMoved()
        windows?.forgetMoved()
        moving.forEach { header, key, value, isOverdue in
            let partition = Int(header.partition)
            guard let packed = reducer.packedKey(key, &keys) else { return }
            guard let state = decode(packed, partition: partition, value) else {
                return fail(packed, unreadable, keys)
            }
            state.header.pointee.epoch = header.epoch
            state.header.pointee.touched = header.touched
            if header.epoch == epoch { dirty.append(state) }
            timers?.noteMoved(state, isOverdue: isOverdue)
            windows?.note(packed, stored: key, partition: partition)
        }
    }

    /// The state of a key that has none in memory, if the file has it. It has not been changed.
    @inline(never)
    func recall(_ key: UInt64, partition: Int, _ keys: borrowing KeySpace) -> UnsafeMutableRawPointer? {
        guard let spilled, spilled.count > 0 else { return nil }
        var bytes = Bytes()
        keyForm.append(key, keys, to: &bytes)
        var state: UnsafeMutableRawPointer?
        do {
            try spilled.take(bytes.contents, partition: partition) { value in
                state = decode(key, partition: partition, value)
                if state == nil { fail(key, unreadable, keys) }
            }
        } catch {
            fail(key, "none: \(error)", keys)
        }
        if let state { noteArrival(of: state, keys) }
        return state
    }

    /// Brings a state back into memory if it is not there.
    func recall(stored key: [UInt8], partition: Int, _ keys: inout KeySpace) {
        let packed = key.withUnsafeBytes { reducer.packedKey($0, &keys) }
        guard let packed, tables[partition].slot(packed).pointee.state == nil else { return }
        _ = recall(packed, partition: partition, keys)
    }

    private var unreadable: String {
        "bytes that it wrote itself and can't read" + (plugin.takeReason().map { " (\($0))" } ?? "")
    }
}

/// States on their way from one place in memory to another. Not thread-safe.
private final class MovingStates {
    private struct Entry {
        let header: StateHeader
        let isOverdue: Bool
        let key: Int
        let value: Int
        let end: Int
    }

    private var bytes = Bytes()
    private var entries: [Entry] = []

    /// Adds a state, unless `value` returns why there is none.
    func add(
        _ header: StateHeader, _ key: UnsafeRawBufferPointer, _ isOverdue: Bool,
        value: (UnsafeMutablePointer<lectern_bytes>) -> String?
    ) -> String? {
        let start = bytes.count
        bytes.append(key)
        let valueAt = bytes.count
        if let reason = value(&bytes.raw) {
            bytes.truncate(to: start)
            return reason
        }
        entries.append(Entry(header: header, isOverdue: isOverdue, key: start, value: valueAt, end: bytes.count))
        return nil
    }

    func forEach(
        _ body: (
            _ header: StateHeader, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ isOverdue: Bool
        ) -> Void
    ) {
        let all = bytes.contents
        for entry in entries {
            body(
                entry.header, UnsafeRawBufferPointer(rebasing: all[entry.key..<entry.value]),
                UnsafeRawBufferPointer(rebasing: all[entry.value..<entry.end]), entry.isOverdue)
        }
    }
}
