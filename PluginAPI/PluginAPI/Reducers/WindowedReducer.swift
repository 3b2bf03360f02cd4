/// A reducer with a state for each window of time: its key has a part `.window`.
///
///     struct HourlyAttempts: WindowedReducer {
///         static let id = "hourly-attempts"
///         static let version = 1
///         static let events: EventFilter = .types("attempt")
///         static let key: Key = [.actor, .window]
///         static let windows: Windows = .tumbling(.hours(1), grace: .hours(2), retention: .days(30))
///
///         typealias Input = Attempt
///
///         struct State: WindowState { var revision = 0; var attempts = 0; var seconds = Mean() }
///         static func reduce(_ state: inout State, _ attempt: Attempt) {
///             state.attempts += 1
///             state.seconds.add(attempt.seconds)
///         }
///     }
///
/// What a window says is shown from its first event on. Events that the watermark has passed correct it, which its `revision`
/// counts. Of events within the disorder, the order must not matter to `reduce` if it is not to matter to the window: add up.
public protocol WindowedReducer: Reducer where State: WindowState {
    /// Which windows. Part of the meaning of a state: a change needs a new `version`.
    static var windows: Windows { get }
}

/// The state of one window.
public protocol WindowState: ReducerState {
    /// Events that changed the window after the watermark had passed its end: whoever has read what it said has to read it
    /// again. Counted by the SDK; a spread reducer's `merge` has to add it up.
    var revision: Int { get set }
}

extension WindowedReducer {
    static func correct(_ state: UnsafeMutableRawPointer) {
        state.assumingMemoryBound(to: State.self).pointee.revision += 1
    }
}
