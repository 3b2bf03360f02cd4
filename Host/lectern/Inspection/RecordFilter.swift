import ArgumentParser
import EventLog

/// Which records of a log a command is about: all of the given kinds of conditions must hold, and of each kind one.
struct RecordFilter: ParsableArguments {
    @Option(
        name: .customLong("session"), help: ArgumentHelp("Only of this session; may be repeated.", valueName: "number"))
    var sessions: [UInt32] = []

    @Option(name: .customLong("actor"), help: ArgumentHelp("Only of this actor; may be repeated.", valueName: "actor"))
    var actors: [String] = []

    @Option(name: .customLong("type"), help: ArgumentHelp("Only of this type; may be repeated.", valueName: "type"))
    var types: [String] = []

    @Option(help: ArgumentHelp("Only records whose time is not before this one.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("Only records whose time is before this one.", valueName: "time"))
    var to: String?

    @Option(help: "Only of this partition.")
    var partition: Int?

    func validate() throws {
        for (name, time) in [("from", from), ("to", to)] {
            guard let time, Moment(time) == nil else { continue }
            throw ValidationError("--\(name): expected a time such as 2026-01-31T10:00:00Z")
        }
    }

    var query: RecordQuery {
        var query = RecordQuery(actors: actors, types: types)
        query.sessions = Set(sessions)
        query.partition = partition
        query.from = from.flatMap(Moment.init)?.microseconds ?? .min
        query.to = to.flatMap(Moment.init)?.microseconds ?? .max
        return query
    }
}
