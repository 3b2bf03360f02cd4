import CPluginAPI
import CRecords
import PluginHost
import Records

/// All states of one plugin over all shards, the parts of spread states put together. Made when no shard is folding; not
/// thread-safe.
final class MergedStates {
    let plugin: Plugin
    private let shards: [Shard]
    private let index: Int
    /// The one shard's own keys, or those of all shards put together.
    private let keys: KeyIndex
    private var merged: [MergedReducer?]

    init(_ shards: [Shard], plugin index: Int) {
        self.shards = shards
        self.index = index
        plugin = shards[0].plugins[index].plugin
        keys = shards.count == 1 ? shards[0].keys : KeyIndex()
        merged = Array(repeating: nil, count: plugin.reducers.count)
    }

    /// Calls with each stored key and state of a reducer, in no order; both borrowed for the call.
    func forEach(_ reducer: Int, _ body: (_ key: UnsafeRawBufferPointer, _ state: UnsafeRawPointer) -> Void) {
        var key = Bytes()
        if plugin.reducers[reducer].isSpread {
            let states = indexed(reducer)
            let form = KeyForm(plugin.reducers[reducer].key)
            states.table.forEach { packed, state in
                key.truncate()
                form.append(packed, keys.space, to: &key)
                body(key.contents, state)
            }
        } else {
            for shard in shards {
                let states = shard.plugins[index].states[reducer]
                states.forEach { state in
                    key.truncate()
                    states.keyForm.append(state.header.pointee.key, shard.keys.space, to: &key)
                    body(key.contents, state)
                }
            }
        }
    }

    /// The state under a key, or nil.
    func state(_ reducer: Int, _ parts: [KeyPart]) -> UnsafeRawPointer? {
        let states = indexed(reducer)
        let key = KeyBytes.encode(parts).withUnsafeBytes { plugin.reducers[reducer].packedKey($0, &keys.space) }
        guard let packed = key else { return nil }
        return states.table.table.slot(packed).pointee.state.map { UnsafeRawPointer($0) }
    }

    /// The states of a reducer by their keys over all shards.
    private func indexed(_ reducer: Int) -> MergedReducer {
        if let done = merged[reducer] { return done }
        let result = MergedReducer(plugin.reducers[reducer])
        merged[reducer] = result
        let partitions = shards[0].setup.partitions
        var bytes = Bytes()
        // Partition after partition, whoever owns it: parts are merged in the partitions' order.
        for partition in 0..<partitions {
            for shard in shards {
                let states = shard.plugins[index].states[reducer]
                states.forEach(in: partition) { state in
                    let own = state.header.pointee.key
                    if shards.count == 1 { return result.add(own, state) }
                    bytes.truncate()
                    states.keyForm.append(own, shard.keys.space, to: &bytes)
                    let packed = states.reducer.packedKey(bytes.contents, &keys.space)!
                    result.add(packed, state)
                }
            }
        }
        return result
    }
}

/// The states of one reducer by their keys: as they are if local, merged into new ones if spread.
private final class MergedReducer {
    private let reducer: ReducerComponent
    private var slab: Slab
    let table = OwnedStateTable()

    init(_ reducer: ReducerComponent) {
        self.reducer = reducer
        slab = Slab(size: Int(reducer.raw.state_size), alignment: Int(reducer.raw.state_align))
    }

    deinit {
        guard reducer.isSpread, let destroy = reducer.raw.destroy else { return }
        table.forEach { _, state in destroy(reducer.raw.context, state) }
    }

    func add(_ key: UInt64, _ state: UnsafeMutableRawPointer) {
        let slot = table.table.slot(key)
        guard reducer.isSpread else {
            slot.pointee = StateTable.Slot(key: key, state: state)
            return table.table.inserted()
        }
        if slot.pointee.state == nil {
            let fresh = slab.take(key: key, partition: 0)
            reducer.raw.`init`(reducer.raw.context, fresh)
            slot.pointee = StateTable.Slot(key: key, state: fresh)
            table.table.inserted()
            return reducer.raw.merge(reducer.raw.context, fresh, state)
        }
        reducer.raw.merge(reducer.raw.context, slot.pointee.state, state)
    }
}

/// A state table that frees its memory.
private final class OwnedStateTable {
    var table = StateTable()

    deinit { table.deallocate() }

    func forEach(_ body: (UInt64, UnsafeMutableRawPointer) -> Void) {
        for index in 0..<table.capacity {
            if let state = table.slots[index].state { body(table.slots[index].key, state) }
        }
    }
}
