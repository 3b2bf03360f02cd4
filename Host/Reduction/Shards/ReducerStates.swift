import CPluginAPI
import CRecords
import KeyValueStore
import PluginHost
import Records

/// The states of one reducer in one shard: a table for each partition over one slab. Not thread-safe.
final class ReducerStates {
    let reducer: ReducerComponent
    let context: UnsafeMutableRawPointer?
    let keyForm: KeyForm
    let functions: lectern_reducer
    let plugin: Plugin
    /// A table for each partition of the log; those of partitions that the shard does not own stay empty.
    let tables: UnsafeMutablePointer<StateTable>
    let partitions: Int
    var slab: Slab
    /// Cache lines that a state begins in, at most four.
    private let stateLines: Int
    /// States changed since the last checkpoint began; each once.
    var dirty: [UnsafeMutableRawPointer] = []
    /// States that the checkpoint which is being taken still has to encode, from `marked[encoded]` on; some may be encoded already.
    private var marked: [UnsafeMutableRawPointer] = []
    private var encoded = 0
    /// The checkpoint for which states are being changed now. Starts at 2, so that `epoch - 1` is never the 0 of clean states.
    private(set) var epoch: UInt32 = 2
    private var blocks: [BlockBuffer]
    /// What has been removed since the last checkpoint began, by partition.
    var gone: [BlockBuffer]
    /// Which states belong to windows that will be removed; nil: none will.
    let windows: WindowIndex?
    /// What the states want of time; nil: nothing.
    let timers: TimerIndex?
    /// The states that are not in memory; nil: all are.
    var spilled: SpillFile?
    /// The first state that can't be stored, by its stored key, and why.
    private(set) var failure: (key: [UInt8], reason: String)?

    /// - Parameter index: of the reducer in the plugin.
    init(_ plugin: Plugin, _ index: Int, partitions: Int) {
        let reducer = plugin.reducers[index]
        self.plugin = plugin
        self.reducer = reducer
        self.partitions = partitions
        context = reducer.raw.context
        keyForm = KeyForm(reducer.key)
        functions = reducer.raw
        tables = .allocate(capacity: partitions)
        for index in 0..<partitions { (tables + index).initialize(to: StateTable()) }
        stateLines = min(max((Int(reducer.raw.state_size) + 63) / 64, 1), 4)
        slab = Slab(size: Int(reducer.raw.state_size), alignment: Int(reducer.raw.state_align))
        blocks = (0..<partitions).map { _ in BlockBuffer() }
        gone = (0..<partitions).map { _ in BlockBuffer() }
        timers = reducer.timer.map { TimerIndex($0, partitions: partitions) }
        windows = reducer.windows.flatMap {
            $0.description.isKeptForGood ? nil : WindowIndex($0, partitions: partitions)
        }
    }

    deinit {
        if let destroy = reducer.raw.destroy { forEach { destroy(context, $0) } }
        for index in 0..<partitions { tables[index].deallocate() }
        tables.deallocate()
    }

    var count: Int { slab.count }

    @inline(__always)
    func prefetch(_ key: UInt64, partition: Int) { tables[partition].prefetch(key) }

    @inline(__always)
    func prefetchState(_ key: UInt64, partition: Int) { tables[partition].prefetchState(key) }

    /// To be called some time before the plugin gets a state: asks for all of it, or what one can ask for without harm.
    @inline(__always)
    func prefetch(_ state: UnsafeMutableRawPointer) {
        for line in 0..<stateLines { lectern_prefetch(state + line * 64) }
    }

    /// The state of a key, made if it is new, and noted as changed.
    ///
    /// - Parameter window: the start of the key's window, if it has one.
    @inline(__always)
    func touch(
        _ key: UInt64, partition: Int, window: Int64 = 0, _ keys: borrowing KeySpace
    ) -> UnsafeMutableRawPointer {
        let slot = tables[partition].slot(key)
        if let state = slot.pointee.state {
            noteChange(of: state, keys)
            return state
        }
        if spilled != nil, let state = recall(key, partition: partition, keys) {
            noteChange(of: state, keys)
            return state
        }
        let state = slab.take(key: key, partition: UInt16(truncatingIfNeeded: partition))
        functions.`init`(context, state)
        noteChange(of: state, keys)
        slot.pointee = StateTable.Slot(key: key, state: state)
        tables[partition].inserted()
        windows?.note(key, window, partition: partition)
        return state
    }

    /// Ends the state of a key that is in memory. What the checkpoint that is being taken wants of it is encoded first.
    func remove(_ key: UInt64, partition: Int, _ keys: borrowing KeySpace) {
        guard let state = tables[partition].remove(key) else { return }
        if state.header.pointee.epoch == epoch - 1, encoded < marked.count { encode(state, keys) }
        functions.destroy?(context, state)
        slab.giveBack(state)
    }

    @inline(__always)
    private func noteChange(of state: UnsafeMutableRawPointer, _ keys: borrowing KeySpace) {
        let header = state.header
        if header.pointee.epoch != epoch {
            // The checkpoint that is being taken wants the state as it was before this change.
            if header.pointee.epoch == epoch - 1, encoded < marked.count { encode(state, keys) }
            header.pointee.epoch = epoch
            header.pointee.touched = UInt16(truncatingIfNeeded: epoch)
            dirty.append(state)
        }
    }

    /// Calls with each state, in no order.
    func forEach(_ body: (_ state: UnsafeMutableRawPointer) -> Void) { slab.forEach(body) }

    /// Calls with each state of a partition.
    func forEach(in partition: Int, _ body: (_ state: UnsafeMutableRawPointer) -> Void) {
        let table = tables[partition]
        for index in 0..<table.capacity {
            if index + 8 < table.capacity, let soon = table.slots[index + 8].state { lectern_prefetch(soon.header) }
            if let state = table.slots[index].state { body(state) }
        }
    }
}

// MARK: Timers

extension ReducerStates {
    /// As of `TimerIndex`.
    var due: Int64 { timers?.due ?? .max }

    /// To be called when states have been changed; each belongs to the partition that its header names.
    func armTimers(_ states: UnsafeBufferPointer<UnsafeMutableRawPointer?>) {
        guard let timers else { return }
        for case let state? in states { timers.note(state, partition: Int(state.header.pointee.partition)) }
    }

    /// Tells the states of a partition that wait for it that time has come.
    func tick(_ time: Int64, partition: Int, _ keys: inout KeySpace) {
        guard let timers else { return }
        while let key = timers.takeSpilled(time, partition: partition) {
            recall(stored: key, partition: partition, &keys)
        }
        timers.tick(time, partition: partition) { noteChange(of: $0, keys) }
    }
}

// MARK: Checkpoints

extension ReducerStates {
    /// States that have been changed since the last checkpoint began.
    var changes: Int { dirty.count }

    /// Marks what has changed; from now on, changes belong to the next checkpoint.
    func beginCheckpoint() {
        precondition(encoded == marked.count, "one checkpoint is taken at a time")
        swap(&dirty, &marked)
        dirty.removeAll(keepingCapacity: true)
        encoded = 0
        epoch += 1
        for partition in 0..<partitions where gone[partition].count > 0 {
            precondition(blocks[partition].count == 0, "the checkpoint before has taken its blocks")
            swap(&blocks[partition], &gone[partition])
        }
    }

    /// Encodes at most `limit` marked states. Returns how many it looked at; 0 when all are encoded.
    func encodeSlice(_ limit: Int, _ keys: borrowing KeySpace) -> Int {
        let count = min(limit, marked.count - encoded)
        let end = encoded + count
        while encoded < end {
            if encoded + 8 < marked.count { lectern_prefetch(marked[encoded + 8].header) }
            let state = marked[encoded]
            encoded += 1
            if state.header.pointee.epoch == epoch - 1 { encode(state, keys) }
        }
        return count
    }

    /// The encoded states of a partition since the last call, or nil if there are none.
    func takeBlock(_ partition: Int) -> BlockBuffer? {
        guard blocks[partition].count > 0 else { return nil }
        defer { blocks[partition] = BlockBuffer() }
        return blocks[partition]
    }

    private func encode(_ state: UnsafeMutableRawPointer, _ keys: borrowing KeySpace) {
        let header = state.header
        header.pointee.epoch = 0
        let partition = Int(header.pointee.partition)
        let reason = blocks[partition].add { bytes in
            keyForm.append(header.pointee.key, keys, to: &bytes)
        } value: { raw in
            plugin.encode(state, by: functions.encode, context, to: raw)
        }
        if let reason { fail(header.pointee.key, reason, keys) }
    }

    /// Notes that a state can't be stored.
    func fail(_ key: UInt64, _ reason: String, _ keys: borrowing KeySpace) {
        guard failure == nil else { return }
        var bytes = Bytes()
        keyForm.append(key, keys, to: &bytes)
        failure = (bytes.array, reason)
    }

    /// Puts back a state that an earlier life stored, unless the key has one already. Returns false if the plugin can't read it.
    func restore(
        key: UInt64, partition: Int, bytes: UnsafeRawBufferPointer, _ keys: borrowing KeySpace
    ) -> Bool {
        let slot = tables[partition].slot(key)
        if slot.pointee.state != nil { return true }
        guard let state = decode(key, partition: partition, bytes) else { return false }
        noteArrival(of: state, keys)
        return true
    }

    /// To be called when a state was made of its bytes.
    func noteArrival(of state: UnsafeMutableRawPointer, _ keys: borrowing KeySpace) {
        let header = state.header.pointee
        timers?.note(state, partition: Int(header.partition))
        guard let windows else { return }
        var stored = Bytes()
        keyForm.append(header.key, keys, to: &stored)
        windows.note(header.key, stored: stored.contents, partition: Int(header.partition))
    }

    /// Makes the state of a key that has none from what was written of it; nil if the plugin can't read it.
    func decode(_ key: UInt64, partition: Int, _ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawPointer? {
        let state = slab.take(key: key, partition: UInt16(truncatingIfNeeded: partition))
        guard functions.decode(context, bytes.baseAddress, UInt64(bytes.count), state) == LECTERN_OK else {
            slab.giveBack(state)
            return nil
        }
        state.header.pointee.touched = UInt16(truncatingIfNeeded: epoch)
        tables[partition].slot(key).pointee = StateTable.Slot(key: key, state: state)
        tables[partition].inserted()
        return state
    }
}

/// The entries of one partition's block, as `StateBlock.bytes` has them.
///
/// `@unchecked Sendable`: the shard that fills it gives it away with `takeBlock` and keeps no reference.
final class BlockBuffer: @unchecked Sendable {
    private var buffer = Bytes()
    private(set) var count = 0

    var bytes: [UInt8] { buffer.array }

    func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) { body(buffer.contents) }

    /// Adds an entry, unless `value` returns why there is none.
    func add(
        key: (inout Bytes) -> Void, value: (UnsafeMutablePointer<lectern_bytes>) -> String?
    ) -> String? {
        let start = buffer.count
        buffer.append(littleEndian: 0)
        buffer.append(littleEndian: 0)
        key(&buffer)
        let keyEnd = buffer.count
        if let reason = value(&buffer.raw) {
            buffer.truncate(to: start)
            return reason
        }
        let entry = UnsafeMutableRawPointer(buffer.raw.start! + start)
        entry.storeBytes(of: UInt32(keyEnd - start - 8).littleEndian, as: UInt32.self)
        entry.storeBytes(of: UInt32(buffer.count - keyEnd).littleEndian, toByteOffset: 4, as: UInt32.self)
        count += 1
        return nil
    }

    /// Adds that a key has no state any more.
    func addDeletion(_ key: UnsafeRawBufferPointer) {
        buffer.append(littleEndian: UInt32(key.count))
        buffer.append(littleEndian: StateBlock.deleted)
        buffer.append(key)
        count += 1
    }
}
