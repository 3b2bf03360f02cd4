public import CPluginAPI

/// Folds events into states, one state for each key.
///
///     struct QuizAttempts: Reducer {
///         static let id = "quiz-attempts"
///         static let version = 1
///         static let events: EventFilter = .types("module_quiz_completed")
///         static let key: Key = [.actor, .field("module")]
///
///         typealias Input = QuizCompleted
///
///         struct State: ReducerState { var attempts = 0; var scores = Mean(); var last: Timestamp? }
///         static func reduce(_ state: inout State, _ input: Input) {
///             state.attempts += 1
///             state.scores.add(input.score)
///             state.last.raise(to: input.at)
///         }
///     }
///
/// Everything here is pure: the same events in the same order give the same state, in every process and for good.
/// Swift's arithmetic traps when it overflows, so give the numbers that an input reads a range.
public protocol Reducer: StateSource {
    /// How events are read; one type may serve several reducers, and each event is then read once for all of them.
    associatedtype Input: EventInput
    /// What others are shown of a state, as JSON; the state itself if nothing is declared.
    associatedtype External: Encodable = State

    /// Of the state's form and meaning: change it with either, and the state is folded anew, or migrated.
    static var version: Int { get }
    /// Which events it takes.
    static var events: EventFilter { get }
    /// Which state an event belongs to. With `.actor` in it, a state is the actor's own and stays in the actor's
    /// partition. Without it, states are spread over partitions, and the reducer must be a `SpreadReducer`. An event
    /// that lacks one of the parts passes the reducer by.
    static var key: Key { get }
    /// How states pass from and to other versions; none if nothing is declared.
    static var migrations: [Migration<State>] { get }

    /// Folds one event into its state.
    static func reduce(_ state: inout State, _ input: Input)
    /// The state as others are shown it.
    static func external(_ state: State) -> External
    /// Called some events before `reduce` with the same state and input, so that memory which the state refers to is there when
    /// it is needed: `state.times.prefetch()`. A hint, worth it where there are many states and each has accumulators with memory
    /// of their own; nothing if nothing is declared. It must change nothing: the state is `inout` since a copy of it would touch
    /// that memory at once.
    static func prefetch(_ state: inout State, for input: Input)

    // What follows has one right body each, which stands below. It is part of the protocol so that the author's own
    // module compiles it for his types; calling it costs one dynamic call a batch. Leave it as it is.
    static func _reduce(_ batch: UnsafePointer<lectern_reduce_batch>)
    static func _initialize(_ state: UnsafeMutableRawPointer)
    static func _destroy(_ state: UnsafeMutableRawPointer)
    static func _encode(_ state: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws
    static func _encodeExternal(_ state: UnsafeRawPointer, _ output: UnsafePointer<lectern_writer>) throws
    static func _decode(_ bytes: UnsafeRawBufferPointer, _ state: UnsafeMutableRawPointer) throws
}

/// A reducer whose key does not hold the actor: each partition folds a part of a state, and `merge` puts the parts
/// together.
public protocol SpreadReducer: Reducer {
    /// Adds to `state` what `other` has seen. The order and grouping of merges must not matter.
    static func merge(_ state: inout State, _ other: State)

    static func _merge(_ state: UnsafeMutableRawPointer, _ other: UnsafeRawPointer)
}

/// What has states that rows can be made from: a reducer or an aggregator.
public protocol StateSource {
    associatedtype State: ReducerState
    /// A lower-case letter, then lower-case letters, digits and hyphens; unique in the plugin; never changes.
    static var id: String { get }
}

/// A state: stored by its `Codable` form (or by hand, see `StateCoding`), and empty as `init()` makes it. At most
/// 65,536 bytes in place; what arrays, sets, dictionaries and texts hold does not count.
public protocol ReducerState: Codable {
    init()
}

extension Int: ReducerState {}
extension Array: ReducerState where Element: Codable {}
extension Set: ReducerState where Element: Codable {}
extension Dictionary: ReducerState where Key: Codable, Value: Codable {}

extension Reducer {
    public static var migrations: [Migration<State>] { [] }
}

extension Reducer {
    @inlinable
    @inline(__always)
    public static func prefetch(_ state: inout State, for input: Input) {}
}

extension Reducer where External == State {
    @inlinable
    public static func external(_ state: State) -> State { state }
}
