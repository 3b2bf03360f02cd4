import ArgumentParser
import EventLog
import Records
import Reduction

struct LogExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the log's events out as JSON lines, to be folded or replayed.",
        discussion: """
            Each line is an event with what the host knows of it: type, actor, times, and in `fields` what its session and its
            source set; `payload` is the event as it arrived. The source `lectern-log` reads such lines, and a fold of them gives
            the states that the log gives. With --payloads a line is the event as it arrived and nothing else.

            A file whose name ends in .gz or .zst is compressed. The host may be running.

            Examples:
              lectern log export --out events.jsonl.gz
              lectern log export --actor ada --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z | jq .payload
              lectern fold lectern-log=events.jsonl.gz --plugins dist/plugins --out out
              lectern replay lectern-log=events.jsonl.gz --to http://127.0.0.1:3001
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var filter: RecordFilter

    @Option(
        name: .customLong("out"), help: ArgumentHelp("The file to write; '-' is standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "Only the events as they arrived.")
    var payloads = false

    func run() async throws {
        try await Command.run {
            let log = try data.log()
            let sizes = try log.segments().map { (number: $0.number, bytes: $0.bytes) }
            let size = sizes.reduce(0) { $0 + $1.bytes }
            let before = Dictionary(
                uniqueKeysWithValues: sizes.map { segment in
                    (segment.number, sizes.filter { $0.number < segment.number }.reduce(0) { $0 + $1.bytes })
                })
            let file = try OutputFile(output)
            let query = filter.query
            let events = ExportedEvents()
            let bar = ProgressBar()
            var count = 0
            var line = Bytes()
            try log.read { record, place in
                if record.kind == .session { events.note(session: record) }
                guard record.kind == .event, query.matches(record) else { return true }
                line.truncate()
                if payloads {
                    ExportedEvents.append(line: record.payload, to: &line)
                } else {
                    events.append(record, to: &line)
                }
                try file.write(line: line.contents)
                count += 1
                if count % 256 == 0 {
                    let done = (before[place.segment] ?? 0) + Int(place.byte)
                    bar.show("log", done: done, of: size, note: "\(count) events")
                }
                return true
            }
            try file.end()
            bar.clear()
            if output != "-" { Terminal.note("\(output): \(count) events") }
        }
    }
}
