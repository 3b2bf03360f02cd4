import ArgumentParser
import EventLog
import Records

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Look into the event log of a host, which may be running.",
        subcommands: [
            LogInfoCommand.self, LogCatCommand.self, LogExportCommand.self, LogEarlyCommand.self, LogVerifyCommand.self,
            LogProveCommand.self,
        ])
}

struct LogInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What the log holds, and where.",
        discussion: """
            Examples:
              lectern log info
              lectern log info --data /var/lib/lectern --json
              lectern log info --counts
            """)

    @OptionGroup var data: DataOptions

    @Flag(help: "Count sessions, sources and types, too, which reads the whole log.")
    var counts = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        try await Command.run {
            let log = try data.log()
            let settings = try data.load()
            let report = try LogReport(
                log, folder: try data.logFolder(), retention: try RetentionReport(log, settings, data),
                archive: try ArchiveReport(settings.archive, log), counts: counts ? try EventCounts(log) : nil)
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
              lectern log cat --type module_quiz_completed --type module_viewed | head
              lectern log cat --actor ada --from 2026-01-31T10:00:00Z --to 2026-02-01T00:00:00Z
              lectern log cat --session 17 --all
              lectern log cat --data /var/lib/lectern --partition 3
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var filter: RecordFilter

    @Option(help: "At most so many records.")
    var limit: Int?

    @Flag(help: "Session records and marks too, and the copies of them that segments begin with.")
    var all = false

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit: expected at least 1") }
    }

    func run() async throws {
        try await Command.run {
            let output = OutputFile.standard
            let query = filter.query
            var left = limit ?? .max
            try data.log().read { record, _ in
                guard all || record.kind?.hasPosition == true, query.matches(record) else { return true }
                try output.write(line: RecordJSON.line(record))
                left -= 1
                return left > 0
            }
            try output.end()
        }
    }
}
