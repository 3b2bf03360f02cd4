/// Which events of a class happen when: first those of the past, at once, and then, if it is live, one after the other.
struct SimulationPlan {
    var students = 30
    var seed: UInt64 = 1
    /// How long the class has been working.
    var minutes = 60.0
    /// So many events in all; nil: as many as there are.
    var events: Int?
    /// The class goes on after the end.
    var isLive = false
    /// Events a second, in real time; nil: as many as the class makes.
    var rate: Double?
    /// When the past ends, in microseconds since 1970 UTC.
    var end: Int64 = 0

    /// The past as a line of time: `factor` microseconds for each millisecond of the class, from `start` on.
    struct Past {
        let start: Int64
        let factor: Double
        /// Events that it holds.
        let count: Int

        func moment(_ time: Int64) -> Int64 { start + Int64(Double(time) * factor) }
    }

    /// Where the past begins and what it holds. With a given number of events and no future they are spread over the
    /// minutes, at whatever pace that takes.
    func past(of group: SimulatedClass) -> Past {
        let span = Int64(minutes * 60_000)
        if let events, !isLive {
            let natural = max(group.time(ofEvent: events), 1)
            let factor = minutes > 0 ? Double(span) / Double(natural) * 1000 : 0
            return Past(start: end - Int64(Double(natural) * factor), factor: factor, count: events)
        }
        var rehearsal = group
        var count = 0
        while rehearsal.time < span, count < events ?? .max {
            _ = rehearsal.next()
            count += 1
        }
        return Past(start: end - span * 1000, factor: 1000, count: count)
    }
}
