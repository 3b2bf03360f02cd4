import Records

/// Lets a class work: makes its events and hands them on.
struct Simulation {
    let plan: SimulationPlan
    /// Tells this simulation's events from another's.
    let run: String
    private(set) var sent = 0

    init(_ plan: SimulationPlan, run: String) {
        self.plan = plan
        self.run = run
    }

    /// Runs to the plan's end, or until `sink` throws.
    ///
    /// - Parameter progress: called with the number of events sent and of all events of the past, or nil when it is over.
    mutating func run(into sink: some EventSink, progress: (_ sent: Int, _ total: Int?) -> Void) throws {
        var group = SimulatedClass(students: plan.students, seed: plan.seed)
        let past = plan.past(of: group)
        var json = Bytes()
        while sent < past.count {
            let event = group.next()
            try send(event, at: past.moment(event.time), &json, sink)
            progress(sent, past.count)
        }
        if plan.isLive { try goOn(&group, sink, &json, progress) }
        try sink.finish()
    }

    /// The class in real time.
    private mutating func goOn(
        _ group: inout SimulatedClass, _ sink: some EventSink, _ json: inout Bytes, _ progress: (Int, Int?) -> Void
    ) throws {
        let began = MonotonicClock.microseconds
        let span = Int64(plan.minutes * 60_000)
        var count = 0.0
        while sent < plan.events ?? .max {
            count += 1
            let pause = plan.rate.map { Int64(count / $0 * 1e6) } ?? (group.time - span) * 1000
            try sink.wait(until: began + pause)
            try send(group.next(), at: WallClock.microseconds, &json, sink)
            progress(sent, nil)
        }
    }

    private mutating func send(
        _ event: SimulatedEvent, at moment: Int64, _ json: inout Bytes, _ sink: some EventSink
    ) throws {
        json.truncate()
        event.appendJSON(to: &json, at: moment, run: run)
        try sink.send(json.contents, ofStudent: event.student)
        sent += 1
    }
}
