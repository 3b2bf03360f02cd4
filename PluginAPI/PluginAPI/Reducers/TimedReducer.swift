/// A reducer whose states change because time passes, too: what becomes due, expires or decays without an event.
///
///     struct Revisions: TimedReducer {
///         struct State: ReducerState { var next: Timestamp?; var isDue = false }
///
///         static func reduce(_ state: inout State, _ quiz: QuizCompleted) {
///             state.next = quiz.at.day.advanced(by: 1).start
///             state.isDue = false
///         }
///
///         static func due(_ state: State) -> Timestamp? { state.isDue ? nil : state.next }
///         static func tick(_ state: inout State, at time: Timestamp) { state.isDue = true }
///     }
///
/// A tick is a record in the host's log, with its time and its place among the events, so that a replay gives the same
/// states. It comes at or after the time that was asked for; later, if the host was down.
public protocol TimedReducer: Reducer {
    /// From when on the state wants a tick; nil for never. A function of the state alone.
    static func due(_ state: State) -> Timestamp?
    /// Time has come: `time` is at or after what was due. Must move `due` beyond `time`, or the host stops asking.
    static func tick(_ state: inout State, at time: Timestamp)

    // Leave these as they are: see `Reducer`.
    static func _due(_ state: UnsafeRawPointer) -> Int64
    static func _tick(_ state: UnsafeMutableRawPointer, _ time: Int64)
}

extension TimedReducer {
    @inlinable
    public static func _due(_ state: UnsafeRawPointer) -> Int64 {
        // What LECTERN_NEVER is: no tick.
        due(state.assumingMemoryBound(to: State.self).pointee)?.microseconds ?? .max
    }

    @inlinable
    public static func _tick(_ state: UnsafeMutableRawPointer, _ time: Int64) {
        tick(&state.assumingMemoryBound(to: State.self).pointee, at: Timestamp(microseconds: time))
    }
}
