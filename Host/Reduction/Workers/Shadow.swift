import EventLog
import KeyValueStore
import PluginHost
import Records

/// A build tried on what the log holds last, before it takes over: in a worker that is then thrown away, from empty
/// states, beside the build that runs now. A build that ends its worker there is refused.
package struct Shadow {
    /// What the two builds made of the same events.
    package struct Report: Sendable, Equatable {
        /// Records that both folded.
        package let events: Int
        /// States that the running build made of them.
        package let states: Int
        /// Of these, and of those that only the new build made, how many differ.
        package let changed: Int
    }

    private struct Place: Hashable {
        let reducer: String
        let version: Int
        let partition: Int
        let key: [UInt8]
    }

    private let parts: EngineParts
    private let starts: [UInt64]
    private let end: LogOffset
    private let events: Int

    /// - Parameter events: how many of the last records are folded.
    init(_ parts: EngineParts, events: Int) {
        self.parts = parts
        let log = parts.log
        let next = log.nextPositions, first = log.firstPositions
        end = log.durableEnd
        let owned = parts.partitions
        let each = UInt64((events + max(owned.count, 1) - 1) / max(owned.count, 1))
        starts = zip(next, first).map { next, first in max(first, next > each ? next - each : 0) }
        self.events = owned.reduce(0) { [starts] in $0 + Int(next[$1] - starts[$1]) }
    }

    /// - Throws: `ReplacementError` if the new build does not come to the end.
    func compare(_ new: PluginBuild, with old: PluginBuild) throws -> Report {
        let made: [Place: [UInt8]]
        do { made = try fold(new) } catch {
            throw ReplacementError(
                description: "tried on the last \(events) events, from empty states: \(error); the build before goes on"
            )
        }
        // What the old one can't do any more is no reason against the new one.
        guard let before = try? fold(old) else { return Report(events: events, states: 0, changed: 0) }
        let versions = Dictionary(uniqueKeysWithValues: new.description.reducers.map { ($0.id, $0.version) })
        // States of another version are meant to differ.
        let comparable = before.filter { versions[$0.key.reducer] == $0.key.version }
        let known = Set(comparable.keys.map { "\($0.reducer)@\($0.version)" })
        let changed = comparable.count { made[$0.key] != $0.value }
        let added = made.keys.count { known.contains("\($0.reducer)@\($0.version)") && before[$0] == nil }
        return Report(events: events, states: comparable.count, changed: changed + added)
    }

    private func fold(_ build: PluginBuild) throws -> [Place: [UInt8]] {
        let life = try WorkerLife(build, parts, from: .nothing)
        defer { life.end() }
        try life.fold(from: starts, through: end, takingCheckpoint: true)
        var states: [Place: [UInt8]] = [:]
        for checkpoint in life.collected {
            for block in checkpoint.blocks {
                block.forEachEntry { key, value in
                    let place = Place(
                        reducer: block.component, version: block.incarnation, partition: checkpoint.partition,
                        key: Array(key))
                    states[place] = value.map { Array($0) }
                }
            }
        }
        return states
    }
}
