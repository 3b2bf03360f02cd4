import ArgumentParser
import Glibc
import Records

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Let a plausible class work: its events go to a host, or into a file.",
        discussion: """
            Students log in, take a diagnostic quiz, read, take module quizzes until they pass, and rest. Some struggle,
            some are quick. The same seed gives the same class; the same seed and --end give the same events.

            Examples:
              lectern simulate --to http://127.0.0.1:3001                     the last hour of a class, at once
              lectern simulate --to http://127.0.0.1:3001 --live              the last hour, and on in real time
              lectern simulate --to http://127.0.0.1:3001 --minutes 0 --rate 500 --connections 8
              lectern simulate --output class.jsonl --events 50000 --seed 7   the same kind of events, as lines
            """)

    @Option(
        help: ArgumentHelp("The host, such as http://127.0.0.1:3001.", valueName: "url"),
        transform: HostAddress.init(url:))
    var to: HostAddress?

    @Option(help: ArgumentHelp("Write the events as JSON lines instead; '-' is standard output.", valueName: "file"))
    var output: String?

    @Option(help: "Students in the class.")
    var students = 30

    @Option(help: "How long the class has been working: event times spread over that, up to now.")
    var minutes = 60.0

    @Option(help: "What determines the class.")
    var seed: UInt64 = 1

    @Option(help: "Stop after exactly so many events, spread over the minutes.")
    var events: Int?

    @Flag(help: "Go on in real time until interrupted.")
    var live = false

    @Option(help: "Go on with so many events a second, in real time, until interrupted.")
    var rate: Double?

    @Option(help: ArgumentHelp("When the past ends, such as 2026-01-31T10:00:00Z. Default: now.", valueName: "time"))
    var end: String?

    @Option(
        help: "WebSockets that the students share; a host takes that from trusted clients only. Default: one each.")
    var connections: Int?

    @Option(
        help: ArgumentHelp(
            "Who numbers the events. With the id, seed and --end of an interrupted run this goes on where that stopped.",
            valueName: "id"))
    var client: String?

    @OptionGroup var sending: SendingOptions

    @Flag(help: "Print the summary as JSON.")
    var json = false

    /// More connections than that are shared even if nobody asks for it.
    private static let mostConnections = 512

    func validate() throws {
        guard (to == nil) != (output == nil) else { throw ValidationError("expected either --to URL or --output FILE") }
        guard 1...1_000_000 ~= students else { throw ValidationError("--students: expected 1 to 1000000") }
        guard minutes >= 0, minutes <= 1_000_000 else { throw ValidationError("--minutes: expected 0 to 1000000") }
        if let events, events < 1 { throw ValidationError("--events: expected at least 1") }
        if let rate, !(rate > 0 && rate <= 1e6) {
            throw ValidationError("--rate: expected more than 0, at most 1000000")
        }
        if let connections, !(1...10_000 ~= connections) { throw ValidationError("--connections: expected 1 to 10000") }
        if minutes == 0, !live, rate == nil, events == nil {
            throw ValidationError("nothing happens in 0 minutes; add --live, --rate or --events")
        }
        if let end, Moment(end) == nil { throw ValidationError("--end: expected a time such as 2026-01-31T10:00:00Z") }
    }

    func run() async throws {
        try await Command.run {
            var plan = SimulationPlan(students: students, seed: seed, minutes: minutes, events: events)
            plan.isLive = live || rate != nil
            plan.rate = rate
            plan.end = end.flatMap(Moment.init)?.microseconds ?? WallClock.microseconds
            let run = client ?? "simulate-\(seed)-\(plan.end / 1_000_000)"
            Interruption.watch()
            if let output {
                try write(Simulation(plan, run: run), to: OutputFile(output))
            } else if let to {
                try publish(Simulation(plan, run: run), to: to)
            }
        }
    }

    private func write(_ simulation: Simulation, to file: OutputFile) throws {
        var simulation = simulation
        let sink = WrittenEvents(file)
        let bar = ProgressBar()
        defer { bar.clear() }
        try untilInterrupted {
            try simulation.run(into: sink) { sent, total in
                bar.show("simulating", done: sent, of: total, note: "\(sent) events")
            }
        } then: {
            try sink.finish()
        }
    }

    private func publish(_ simulation: Simulation, to address: HostAddress) throws {
        var simulation = simulation
        let count = connections ?? min(students, Self.mostConnections)
        let clients = count == 1 ? [simulation.run] : (1...count).map { "\(simulation.run)/\($0)-of-\(count)" }
        let publisher = sending.publisher(try sending.destination(address), clients: clients)
        let began = MonotonicClock.microseconds
        let sink = PublishedEvents(publisher, known: try publisher.start())
        let bar = ProgressBar()
        defer { bar.clear() }
        try untilInterrupted {
            try simulation.run(into: sink) { sent, total in
                bar.show(
                    total == nil ? "live" : "simulating", done: sent, of: total,
                    note: "\(sent) events, \(publisher.acknowledged) acknowledged")
            }
        } then: {
            try sink.finish()
        }
        publisher.close()
        bar.clear()
        var report = SendingReport(seconds: Double(MonotonicClock.microseconds - began) / 1e6)
        report.count(publisher, events: simulation.sent, skipped: sink.skipped)
        print(json ? report.json : report.text)
    }

    /// An interruption is how a simulation ends that has no end: it is no failure.
    private func untilInterrupted(_ body: () throws -> Void, then finish: () throws -> Void) throws {
        do {
            try body()
        } catch is Interruption {
            Interruption.clear()
            try finish()
        }
    }
}
