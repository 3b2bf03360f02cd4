package import PluginHost
import Records
import Synchronization

/// The data of one view, and who reads it. Thread-safe.
package final class DashboardFeed: Sendable {
    package let definition: DashboardDefinition
    package let view: DashboardView
    /// Differs between definitions that differ: a page of another one has to be loaded anew.
    package let layout: String
    private let tables: any TableReading
    private let state: Mutex<State>

    private struct State {
        var current: VersionedDashboard
        /// Versions of the tables that `current` was computed from.
        var versions: [String: UInt64] = [:]
        /// When they were read; microseconds since 1970 UTC.
        var asOf = WallClock.microseconds
        /// The event made last: most readers are equally far.
        var lastEvent: (after: StreamPosition?, position: StreamPosition, bytes: [UInt8])?
        var readers: [UInt64: AsyncStream<Void>.Continuation] = [:]
        var nextReader: UInt64 = 0
        var isFinished = false
    }

    /// A feed without data; `refresh` gets it.
    init(_ definition: DashboardDefinition, _ view: DashboardView, tables: any TableReading, firstNumber: UInt64) {
        self.definition = definition
        self.view = view
        self.tables = tables
        layout = String(Array("\(definition)".utf8).withUnsafeBytes { SHA256.hexadecimal(of: $0) }.prefix(12))
        let nothing = DashboardData.compute(definition, selection: view.selection) { _ in nil }
        state = Mutex(State(current: VersionedDashboard(nothing, number: firstNumber)))
    }

    package var number: UInt64 { state.withLock { $0.current.number } }
    package var readerCount: Int { state.withLock { $0.readers.count } }

    func shows(_ changed: Set<TableID>) -> Bool {
        definition.tables.contains { changed.contains(TableID(plugin: view.plugin, table: $0)) }
    }

    /// Reads the tables and wakes the readers if the view differs. Costs little if no table has changed.
    package func refresh() async {
        let asOf = WallClock.microseconds
        var snapshots: [String: TableSnapshot] = [:]
        for id in definition.tables {
            snapshots[id] = await tables.snapshot(of: TableID(plugin: view.plugin, table: id))
        }
        let versions = snapshots.mapValues(\.version)
        let isKnown = state.withLock { state in
            // Tables that have gone with their plugin: what was shown last stays until the page is told.
            if versions.isEmpty, !state.versions.isEmpty { return true }
            guard versions == state.versions else { return false }
            state.asOf = max(state.asOf, asOf)
            return true
        }
        if isKnown { return }

        let data = DashboardData.compute(definition, selection: view.selection) { [snapshots] in snapshots[$0] }
        let isChanged = state.withLock { state in
            // Two refreshes may overtake each other: the older data must not win.
            guard versions.allSatisfy({ $1 >= state.versions[$0, default: 0] }) else { return false }
            state.versions = versions
            state.asOf = max(state.asOf, asOf)
            return state.current.update(to: data)
        }
        if isChanged { wake() }
    }

    /// The view's data, its position, and when it was read.
    package func snapshot() -> (data: DashboardData, position: StreamPosition, asOf: Int64) {
        state.withLock { ($0.current.data, position($0), $0.asOf) }
    }

    /// The event that brings a reader from `seen` to now; nil if it is there already.
    package func event(after seen: StreamPosition?) -> (bytes: [UInt8], position: StreamPosition)? {
        state.withLock { state in
            let now = position(state)
            if seen == now { return nil }
            if let last = state.lastEvent, last.after == seen, last.position == now { return (last.bytes, now) }
            let bytes = Self.event(after: seen, now, state.current, layout: layout, asOf: state.asOf / 1000)
            state.lastEvent = (seen, now, bytes)
            return (bytes, now)
        }
    }

    private static func event(
        after seen: StreamPosition?, _ now: StreamPosition, _ current: VersionedDashboard, layout: String, asOf: Int64
    ) -> [UInt8] {
        if let seen, seen.epoch == now.epoch, let delta = current.delta(since: seen.number, asOf: asOf) {
            return StreamEvent.event("delta", id: now, data: delta)
        }
        return StreamEvent.event("snapshot", id: now, data: current.snapshot(layout: layout, asOf: asOf))
    }

    /// Wakes every reader: to tell it of a change, or that there was none.
    func wake() {
        for reader in state.withLock({ Array($0.readers.values) }) { reader.yield() }
    }

    /// Wakes a reader after each change, at most once for all that it has missed, and now and then without one. Ends
    /// with the host.
    package func wakes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (id, isFinished) = state.withLock { state in
            state.nextReader += 1
            state.readers[state.nextReader] = continuation
            return (state.nextReader, state.isFinished)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: id) }
        }
        if isFinished { continuation.finish() }
        return stream
    }

    /// Ends every reader's stream, and those to come.
    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }

    private func position(_ state: borrowing State) -> StreamPosition {
        StreamPosition(epoch: tables.epoch, number: state.current.number)
    }
}
