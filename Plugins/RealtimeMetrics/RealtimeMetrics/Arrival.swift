import PluginAPI

/// An event of any kind, and how late it came.
struct Arrival: EventInput {
    let type: Text
    let time: Timestamp
    /// Milliseconds from the time that the client claims to the arrival, below 0 if the client's clock is ahead; nil if it
    /// claims none.
    let lag: Int?

    init(_ event: Event) throws {
        type = event.type
        time = event.time
        lag = (try? event.claimedTime).map { Int((event.received.microseconds &- $0.microseconds) / 1_000) }
    }
}
