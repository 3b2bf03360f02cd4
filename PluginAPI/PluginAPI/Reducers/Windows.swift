import CPluginAPI

/// Stretches of event time, for each of which a `WindowedReducer` has a state.
///
///     .tumbling(.hours(1), disorder: .seconds(30), grace: .hours(2), retention: .days(30))
///     .hopping(.hours(1), every: .minutes(5))
///
/// An event belongs to the windows that hold its time. How far time has come is said by the *watermark*: in each partition the
/// latest time of an event that the plugin has folded, less `disorder`. It follows from the log, so a replay finds the same
/// events late as the day itself.
public struct Windows: Sendable, Hashable {
    /// Of each window; at least a millisecond.
    public let length: Duration
    /// From one window's start to the next one's; `length` unless windows overlap. At least a 64th of `length`.
    public let hop: Duration
    /// What is added to the starts, which otherwise are multiples of `hop` since 1970 UTC; less than `hop`.
    public let offset: Duration
    /// What comes out of order by so little is not late, and corrects nothing.
    public let disorder: Duration
    /// An event changes a window until the watermark is so far behind the window's end; after it, it is counted as late.
    public let grace: Duration
    /// A window is removed when the watermark is so far behind its end; nil: never.
    public let retention: Duration?

    /// Windows that follow one another.
    public static func tumbling(
        _ length: Duration, offset: Duration = .zero, disorder: Duration = .seconds(30), grace: Duration = .hours(1),
        retention: Duration? = nil
    ) -> Windows {
        Windows(
            length: length, hop: length, offset: offset, disorder: disorder, grace: grace, retention: retention)
    }

    /// Windows that overlap: each begins `hop` after the one before.
    public static func hopping(
        _ length: Duration, every hop: Duration, offset: Duration = .zero, disorder: Duration = .seconds(30),
        grace: Duration = .hours(1), retention: Duration? = nil
    ) -> Windows {
        Windows(length: length, hop: hop, offset: offset, disorder: disorder, grace: grace, retention: retention)
    }
}

extension Duration {
    public static func minutes(_ count: Int) -> Duration { .seconds(60 * count) }
    public static func hours(_ count: Int) -> Duration { .seconds(3_600 * count) }
    public static func days(_ count: Int) -> Duration { .seconds(86_400 * count) }

    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
}
