import CPluginAPI
import PluginHost
import Records

/// The states of one reducer as of the last checkpoints, the parts of spread states put together. Not thread-safe.
final class ViewedReducer {
    private struct Entry {
        /// What each partition last stored, by partition; one entry if the reducer is local.
        var parts: [Int: [UInt8]] = [:]
        var state: UnsafeMutableRawPointer?
    }

    let reducer: ReducerComponent
    private var entries: [[UInt8]: Entry] = [:]

    init(_ reducer: ReducerComponent) { self.reducer = reducer }

    deinit {
        for entry in entries.values { discard(entry.state) }
    }

    var count: Int { entries.count }

    /// The merged state under a stored key.
    subscript(key: [UInt8]) -> UnsafeRawPointer? { entries[key]?.state.map { UnsafeRawPointer($0) } }

    var keys: some Collection<[UInt8]> { entries.keys }

    /// The keys of which a partition has stored something.
    func keys(of partition: Int) -> [[UInt8]] { entries.filter { $0.value.parts[partition] != nil }.map(\.key) }

    /// Takes what a partition has stored of a key; nil: it has removed it. Calls with the state before (nil for a new key) and the
    /// state after (nil for one that is gone), both borrowed for the call.
    ///
    /// Returns false, and changes nothing, if the plugin can't read it.
    func update(
        _ key: [UInt8], partition: Int, _ bytes: [UInt8]?, _ changed: (UnsafeRawPointer?, UnsafeRawPointer?) -> Void
    ) -> Bool {
        var entry = entries[key] ?? Entry()
        guard entry.parts[partition] != bytes else { return true }
        let before = entry.state
        entry.parts[partition] = bytes
        if entry.parts.isEmpty {
            entries[key] = nil
            changed(before.map { UnsafeRawPointer($0) }, nil)
            discard(before)
            return true
        }
        guard let after = makeState(entry.parts) else { return false }
        entry.state = after
        entries[key] = entry
        changed(before.map { UnsafeRawPointer($0) }, UnsafeRawPointer(after))
        discard(before)
        return true
    }

    private func makeState(_ parts: [Int: [UInt8]]) -> UnsafeMutableRawPointer? {
        let ordered = parts.sorted { $0.key < $1.key }
        guard reducer.isSpread else { return ordered.first.flatMap { decode($0.value) } }
        let state = room()
        reducer.raw.`init`(reducer.raw.context, state)
        for (_, bytes) in ordered {
            guard let part = decode(bytes) else {
                discard(state)
                return nil
            }
            reducer.raw.merge(reducer.raw.context, state, part)
            discard(part)
        }
        return state
    }

    private func decode(_ bytes: [UInt8]) -> UnsafeMutableRawPointer? {
        let state = room()
        let status = bytes.withUnsafeBytes {
            reducer.raw.decode(reducer.raw.context, $0.baseAddress, UInt64($0.count), state)
        }
        if status == LECTERN_OK { return state }
        state.deallocate()
        return nil
    }

    private func room() -> UnsafeMutableRawPointer {
        .allocate(byteCount: max(Int(reducer.raw.state_size), 1), alignment: max(Int(reducer.raw.state_align), 1))
    }

    private func discard(_ state: UnsafeMutableRawPointer?) {
        guard let state else { return }
        reducer.raw.destroy?(reducer.raw.context, state)
        state.deallocate()
    }
}
