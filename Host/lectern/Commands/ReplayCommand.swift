import ArgumentParser
import Ingest
import Records
import Reduction

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Send files to a running host; goes on where it stopped.",
        discussion: """
            Sends JSON lines, or the lines of a source plugin's format, plain, gzip or zstd, one file after the other. The host
            acknowledges what is durable. If it goes away, this waits and goes on; if this is interrupted, run it again
            with the same file, connections and client: what the host has is not sent twice.

            Examples:
              lectern replay events.jsonl --to http://127.0.0.1:3001
              lectern replay edx-roster=roster.sql edx-tracking=tracking.log.gz --to http://127.0.0.1:3001
              zcat *.gz | lectern replay - --to http://127.0.0.1:3001 --client history --rate 5000
            """)

    @Argument(help: ArgumentHelp("Files to send, in order; '-' is standard input.", valueName: "[source=]input"))
    var inputs: [String]

    @Option(
        help: ArgumentHelp("The host, such as http://127.0.0.1:3001.", valueName: "url"),
        transform: HostAddress.init(url:))
    var to: HostAddress

    @Option(help: "Lines a second. Default: as fast as the host takes them.")
    var rate: Double?

    @Option(help: "WebSockets; all lines of an actor go over the same one. A source's lines go over one.")
    var connections = 1

    @Option(
        help: ArgumentHelp(
            "Who numbers the lines. Default: a name from the beginning of each file.", valueName: "id"))
    var client: String?

    @Option(
        name: .customLong("actor"),
        help: ArgumentHelp(
            "A field that names the actor, as in the host's ingest.actor; may be repeated.", valueName: "field"))
    var actors: [String] = []

    @OptionGroup var sending: SendingOptions

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("expected a file") }
        if let rate, !(rate > 0 && rate <= 1e6) {
            throw ValidationError("--rate: expected more than 0, at most 1000000")
        }
        guard 1...1_000 ~= connections else { throw ValidationError("--connections: expected 1 to 1000") }
        guard actors.count <= EnvelopeReader.maximumActors else {
            throw ValidationError("--actor: expected at most \(EnvelopeReader.maximumActors)")
        }
    }

    func run() async throws {
        try await Command.run {
            let files = try inputs.enumerated().map { index, argument in
                try ReplayInput(FoldInput(argument), client: client, number: index + 1, of: inputs.count)
            }
            Interruption.watch()
            let began = MonotonicClock.microseconds
            var report = SendingReport()
            let bar = ProgressBar()
            do {
                for file in files {
                    var replay = Replay(input: file, sending: sending, address: to)
                    replay.connections = connections
                    replay.actors = actors.isEmpty ? IngestConfiguration().actorFields : actors
                    replay.rate = rate
                    try replay.run(into: &report) { progress in
                        bar.show(
                            file.input.path, done: progress.bytes, of: progress.size,
                            note: "\(progress.sent) sent, \(progress.acknowledged) acknowledged")
                    }
                }
                bar.clear()
            } catch is Interruption {
                bar.clear()
                let again = client == nil && inputs.contains("-") ? "" : "; the same command goes on from there"
                throw InputFailure("interrupted after \(report.acknowledged) lines were acknowledged\(again)")
            }
            report.seconds = Double(MonotonicClock.microseconds - began) / 1e6
            print(json ? report.json : report.text)
        }
    }
}
