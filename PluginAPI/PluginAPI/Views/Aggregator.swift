import CPluginAPI

/// Sums up the states of one reducer in groups: a class's totals of its students' states. When a state changes, its old
/// self is retracted and its new self added. `State` is what a group holds; it must be exact: integers, `Mean`, counts.
///
///     struct ModuleTotals: Aggregator {
///         typealias Of = QuizAttempts
///         static let id = "module-totals"
///         static let group: Key = [.field("module")]
///
///         struct State: ReducerState { var students = 0; var scores = Mean() }
///         static func add(_ total: inout State, _ key: KeyView, _ state: Of.State) {
///             total.students += 1
///             total.scores.merge(state.scores)
///         }
///         static func retract(_ total: inout State, _ key: KeyView, _ state: Of.State) {
///             total.students -= 1
///             total.scores.subtract(state.scores)
///         }
///     }
public protocol Aggregator: StateSource {
    /// The reducer whose states are summed up.
    associatedtype Of: Reducer

    /// Parts of the reducer's key that make the group; none for one group of all.
    static var group: Key { get }

    static func add(_ total: inout State, _ key: KeyView, _ state: Of.State)
    /// Takes back exactly what `add` added.
    static func retract(_ total: inout State, _ key: KeyView, _ state: Of.State)
}

private final class AggregatorContext {
    let functions: any AggregatorFunctions
    let host: HostConnection

    init(_ functions: any AggregatorFunctions, _ host: HostConnection) {
        self.functions = functions
        self.host = host
    }
}

/// An aggregator's functions on untyped memory.
private protocol AggregatorFunctions {
    func initialize(_ total: UnsafeMutableRawPointer)
    func destroy(_ total: UnsafeMutableRawPointer)
    func add(_ total: UnsafeMutableRawPointer, _ key: KeyView, _ state: UnsafeRawPointer)
    func retract(_ total: UnsafeMutableRawPointer, _ key: KeyView, _ state: UnsafeRawPointer)
    func encode(_ total: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws
}

private struct Functions<A: Aggregator>: AggregatorFunctions {
    func initialize(_ total: UnsafeMutableRawPointer) { total.initializeMemory(as: A.State.self, to: A.State()) }

    func destroy(_ total: UnsafeMutableRawPointer) {
        total.assumingMemoryBound(to: A.State.self).deinitialize(count: 1)
    }

    func add(_ total: UnsafeMutableRawPointer, _ key: KeyView, _ state: UnsafeRawPointer) {
        let state = state.assumingMemoryBound(to: A.Of.State.self)
        A.add(&total.assumingMemoryBound(to: A.State.self).pointee, key, state.pointee)
    }

    func retract(_ total: UnsafeMutableRawPointer, _ key: KeyView, _ state: UnsafeRawPointer) {
        let state = state.assumingMemoryBound(to: A.Of.State.self)
        A.retract(&total.assumingMemoryBound(to: A.State.self).pointee, key, state.pointee)
    }

    func encode(_ total: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws {
        try encodeItem(total.assumingMemoryBound(to: A.State.self).pointee, to: output)
    }
}

private func withContext<Result>(_ context: UnsafeMutableRawPointer?, _ body: (AggregatorContext) -> Result) -> Result {
    Unmanaged<AggregatorContext>.fromOpaque(context!)._withUnsafeGuaranteedRef(body)
}

extension Aggregator {
    static func check(_ reducers: [String]) throws {
        guard reducers.contains(Of.id) else {
            throw PlainError(
                "aggregator \(id): expected the reducer \"\(Of.id)\" among the plugin's components, "
                    + "found \(reducers.joined(separator: ", "))")
        }
        for part in group.parts where !Of.key.parts.contains(part) {
            throw PlainError(
                "aggregator \(id): expected in group parts of \(Of.id)'s key \(Of.key.parts.map(\.name)), "
                    + "found \(part.name)"
            )
        }
    }

    /// Its declaration for the host.
    static func declaration(_ host: HostConnection) -> UnsafePointer<lectern_aggregator> {
        var table = lectern_aggregator()
        table.size = UInt32(MemoryLayout<lectern_aggregator>.size)
        table.context = Unmanaged.passRetained(AggregatorContext(Functions<Self>(), host)).toOpaque()
        table.id = Permanent.text(id)
        table.reducer = Permanent.text(Of.id)
        let indices = group.parts.compactMap { Of.key.parts.firstIndex(of: $0) }.map { UInt32($0) }
        table.group_count = UInt32(indices.count)
        table.group = Permanent.array(indices)
        table.accumulator_size = UInt32(MemoryLayout<State>.size)
        table.accumulator_align = UInt32(MemoryLayout<State>.alignment)
        table.`init` = { context, total in withContext(context) { $0.functions.initialize(total!) } }
        if !_isPOD(State.self) {
            table.destroy = { context, total in withContext(context) { $0.functions.destroy(total!) } }
        }
        table.add = { context, total, key, state in
            withContext(context) { $0.functions.add(total!, KeyView(key!), state!) }
        }
        table.retract = { context, total, key, state in
            withContext(context) { $0.functions.retract(total!, KeyView(key!), state!) }
        }
        table.encode = { context, total, output in
            withContext(context) { aggregator in
                aggregator.host.status(LECTERN_FAILED) { try aggregator.functions.encode(total!, output!) }
            }
        }
        return Permanent.value(table)
    }
}
