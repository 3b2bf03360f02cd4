/// A bounded buffer in a state that puts events into the order of their times, for a reducer whose result depends on it.
///
///     struct State: ReducerState { var waiting = Reordering<Answer>(); var streak = 0 }
///
///     static func reduce(_ state: inout State, _ input: Answer) {
///         for answer in state.waiting.add(input, at: input.time, disorder: .seconds(30)) { state.count(answer) }
///     }
///
/// An event leaves the buffer when one has come that is later by the disorder or more, with all that are not later than it, the
/// earliest first; so a state is behind by what waits. A `TimedReducer` can let it go by a tick as well:
///
///     static func due(_ state: State) -> Timestamp? { state.waiting.due(disorder: .seconds(30)) }
///     static func tick(_ state: inout State, at time: Timestamp) {
///         for answer in state.waiting.release(at: time, disorder: .seconds(30)) { state.count(answer) }
///     }
///
/// What comes later than the disorder is given out at once: the reducer sees it behind its time.
public struct Reordering<Item: Codable>: Codable {
    private struct Waiting: Codable {
        let time: Timestamp
        let item: Item
    }

    /// By time; of one time in the order in which they came.
    private var waiting: [Waiting] = []
    private var latest: Timestamp?

    public init() {}

    /// Events that wait.
    public var count: Int { waiting.count }

    /// Takes an event in and gives out what need not wait any longer.
    ///
    /// - Parameters:
    ///   - disorder: how far out of order events may come.
    ///   - most: events that wait at most; beyond it the earliest goes before its time.
    public mutating func add(_ item: Item, at time: Timestamp, disorder: Duration, most: Int = 256) -> [Item] {
        var place = waiting.count
        while place > 0, waiting[place - 1].time > time { place -= 1 }
        waiting.insert(Waiting(time: time, item: item), at: place)
        latest.raise(to: time)
        let over = max(0, waiting.count - most)
        return take(max(over, ready(latest, disorder)))
    }

    /// From when on a tick lets something go; nil if nothing waits.
    public func due(disorder: Duration) -> Timestamp? {
        waiting.first.map { Timestamp(microseconds: $0.time.microseconds + disorder.microseconds) }
    }

    /// Gives out what need not wait any longer once it is `time`.
    public mutating func release(at time: Timestamp, disorder: Duration) -> [Item] { take(ready(time, disorder)) }

    /// How many need not wait any longer.
    private func ready(_ time: Timestamp?, _ disorder: Duration) -> Int {
        guard let time else { return 0 }
        let watermark = time.microseconds - disorder.microseconds
        return waiting.firstIndex { $0.time.microseconds > watermark } ?? waiting.count
    }

    private mutating func take(_ count: Int) -> [Item] {
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map(\.item)
    }
}
