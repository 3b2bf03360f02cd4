import ArgumentParser
import EventLog
import Records

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look into the event log of a host, which may be running.",
        subcommands: [LogInfoCommand.self, LogCatCommand.self, LogVerifyCommand.self, LogProveCommand.self])
}

struct LogInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What the log holds, and where.",
        discussion: """
            Examples:
              lectern log info
              lectern log info --data /var/lib/lectern --json
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await Command.run {
            let report = try LogReport(try data.log())
            print(json ? try JSONOutput.line(report) : report.text)
        }
    }
}

struct LogCatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Print the log's records as JSON lines, in order.",
        discussion: """
            Events and control records, each with its partition and position; --all adds session records and clients' marks,
            which have neither.

            Examples:
              lectern log cat --type module_quiz_completed | head
              lectern log cat --actor ada --from 2026-01-31T10:00:00Z
              lectern log cat --data /var/lib/lectern --partition 3
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "Only records of this partition.")
    var partition: Int?

    @Option(help: "Only records of this type.")
    var type: String?

    @Option(help: "Only records of this actor.")
    var actor: String?

    @Option(help: ArgumentHelp("Only records whose time is not before this one.", valueName: "time"))
    var from: String?

    @Option(help: "At most so many records.")
    var limit: Int?

    @Flag(help: "Session records and marks too, and the copies of them that segments begin with.")
    var all = false

    func validate() throws {
        if let from, Moment(from) == nil {
            throw ValidationError("--from: expected a time such as 2026-01-31T10:00:00Z")
        }
        if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1") }
    }

    func run() async throws {
        try await Command.run {
            let output = OutputFile.standard
            var left = limit ?? .max
            try data.log().read { record, _ in
                guard isWanted(record) else { return true }
                try output.write(line: RecordJSON.line(record))
                left -= 1
                return left > 0
            }
            try output.flush()
        }
    }

    private func isWanted(_ record: RecordView) -> Bool {
        if !all, record.kind?.hasPosition != true { return false }
        if let partition, record.partition != partition { return false }
        if let type, !record.type.elementsEqual(type.utf8) { return false }
        if let actor, !record.actor.elementsEqual(actor.utf8) { return false }
        if let from = from.flatMap(Moment.init), record.time < from.microseconds { return false }
        return true
    }
}
