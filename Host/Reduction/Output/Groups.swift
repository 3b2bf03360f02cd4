import CPluginAPI
import PluginHost
import Records

/// The accumulators of one aggregator, a group each. Not thread-safe.
final class Groups {
    private let aggregator: AggregatorComponent
    /// By the stored form of the group's key.
    private var accumulators: [[UInt8]: Accumulator] = [:]

    private struct Accumulator {
        let memory: UnsafeMutableRawPointer
        /// States that it sums up.
        var states = 0
    }

    init(_ aggregator: AggregatorComponent) { self.aggregator = aggregator }

    /// Sums up all states.
    convenience init(_ aggregator: AggregatorComponent, of states: MergedStates) {
        self.init(aggregator)
        states.forEach(aggregator.reducer) { key, state in _ = add(key, state) }
    }

    deinit { for accumulator in accumulators.values { end(accumulator) } }

    /// Adds a state to its group. Returns the group's key.
    func add(_ key: UnsafeRawBufferPointer, _ state: UnsafeRawPointer) -> [UInt8] {
        let group = update(key) { aggregator.raw.add(aggregator.raw.context, $0, $1, state) }
        accumulators[group]?.states += 1
        return group
    }

    /// Takes a state that was added out of its group again. Returns the group's key.
    func retract(_ key: UnsafeRawBufferPointer, _ state: UnsafeRawPointer) -> [UInt8] {
        let group = update(key) { aggregator.raw.retract(aggregator.raw.context, $0, $1, state) }
        accumulators[group]?.states -= 1
        return group
    }

    /// Lets go of a group if it has no state any more.
    func dropIfEmpty(_ group: [UInt8]) {
        guard let empty = accumulators[group], empty.states == 0 else { return }
        accumulators[group] = nil
        end(empty)
    }

    func forEach(_ body: (_ group: UnsafeRawBufferPointer, _ accumulator: UnsafeRawPointer) -> Void) {
        for (group, accumulator) in accumulators { group.withUnsafeBytes { body($0, accumulator.memory) } }
    }

    /// The accumulator of a group.
    subscript(group: [UInt8]) -> UnsafeRawPointer? { accumulators[group].map { UnsafeRawPointer($0.memory) } }

    private func update(
        _ key: UnsafeRawBufferPointer, _ body: (UnsafeMutableRawPointer, UnsafePointer<lectern_key>) -> Void
    ) -> [UInt8] {
        var values = KeyValues()
        values.read(key)
        let group = KeyBytes.encode(aggregator.group.map { KeyPart(values.parts[$0]) })
        values.withKey { body(accumulator(group), $0) }
        return group
    }

    private func accumulator(_ group: [UInt8]) -> UnsafeMutableRawPointer {
        if let known = accumulators[group] { return known.memory }
        let fresh = UnsafeMutableRawPointer.allocate(
            byteCount: max(Int(aggregator.raw.accumulator_size), 1),
            alignment: max(Int(aggregator.raw.accumulator_align), 1))
        aggregator.raw.`init`(aggregator.raw.context, fresh)
        accumulators[group] = Accumulator(memory: fresh)
        return fresh
    }

    private func end(_ accumulator: Accumulator) {
        aggregator.raw.destroy?(aggregator.raw.context, accumulator.memory)
        accumulator.memory.deallocate()
    }
}
