import ArgumentParser
import EventLog
import Glibc
import KeyValueStore
import PluginHost
import Records
import Reduction
import Rules
import Settings

struct FoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fold",
        abstract: "Fold files into states and tables, without a daemon.",
        discussion: """
            Reads JSON lines, or the lines of a source plugin, plain, gzip or zstd. Between files, lectern-tick=TIME tells states
            that wait for time that it has come. Writes to --out:
              states.jsonl                a line for each key of each reducer, sorted
              tables/PLUGIN.TABLE.jsonl   the rows of each table, sorted
              dead-letters.jsonl          what could not be read, and why

            Examples:
              lectern fold events.jsonl --plugins dist/plugins --out out
              lectern fold edx-roster=roster.sql edx-tracking=tracking.log.gz --plugins dist/plugins --out out \\
                --set plugins.engagement.settings.interval.start=2015-04-06
              lectern fold --log /var/lib/lectern --plugins dist/plugins --out out
              lectern fold --log kafka://kafka-1:9092,kafka-2:9092/lectern --plugins dist/plugins --out out
              lectern fold morning.jsonl lectern-tick=2026-01-31T12:00:00Z noon.jsonl --plugins dist/plugins --out out
              cat events.jsonl | lectern fold - --plugins dist/plugins --json
            """)

    @Argument(help: ArgumentHelp("Files to fold, in order; '-' is standard input.", valueName: "[source=]input"))
    var inputs: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Fold what a host's log holds, instead of files: its data folder, or the log in it; or kafka://HOST:PORT/TOPIC, with \
            log.kafka.options and log.kafka.sealing of the settings. The host may be running.
            """, valueName: "log"))
    var log: String?

    @OptionGroup var common: CommonOptions

    @Option(help: "Threads that fold, each with partitions of its own.")
    var shards: Int?

    @Option(help: "Events that are folded at once, 1 to 1024.")
    var batch: Int?

    @Option(name: .customLong("out"), help: ArgumentHelp("The folder to write to.", valueName: "folder"))
    var output: String?

    @Flag(help: "Take checkpoints into the store that the settings name (kvs), every reduction.checkpoint.")
    var checkpoints = false

    @Option(
        name: .customLong("restart-at"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Throw all states away after so many events, restore the last checkpoint and go on. For tests.",
            valueName: "events"))
    var restarts: [UInt64] = []

    /// Where it is noted what plugins are asked, for whoever runs this and wants to know how it ended.
    @Option(help: .hidden)
    var activity: String?

    @Flag(help: "Print the summary as JSON.")
    var json = false

    func validate() throws {
        if inputs.isEmpty == (log == nil) { throw ValidationError("expected files to fold, or --log") }
        if log != nil, !restarts.isEmpty || checkpoints || shards ?? 1 != 1 {
            throw ValidationError("--log: folds with one shard and without checkpoints")
        }
    }

    private func run(
        _ fold: Fold, _ log: String, _ host: HostSettings, _ show: (Fold.Progress) -> Void
    ) throws -> FoldSummary {
        let settings = host.log.kafka
        if let kafka = try KafkaLogConfiguration(url: log, options: settings?.options, sealing: settings?.sealing) {
            let topic = try StoredTopic(kafka, keys: try host.readStudentKeys(folder: "."))
            return try fold.run(log: topic, ruleFile: nil, to: output, progress: show)
        }
        return try fold.run(log: try DataOptions.log(in: log), to: output, progress: show)
    }

    func run() async throws {
        try await Command.run {
            let host = try common.load { settings in
                if let shards { try settings.set("reduction.shards=\(shards)") }
                if let batch { try settings.set("reduction.batch=\(batch)") }
            }
            if let output { try Folder.make(output, "tables") }
            let catalog = common.catalog(host.plugins.inProcess)
            let store =
                try checkpoints || !restarts.isEmpty
                ? KeyValueStores(host.stores.local, folder: output ?? Folder.temporary()).default : nil
            var options = host.foldOptions(restarts: restarts)
            options.activity = activity.flatMap { ActivityFile($0) }
            options.tables = host.plugins.tables
            if log == nil { options.filters = try FilterSource(host.filters).rules }
            let fold = Fold(catalog, options, store: store)
            let bar = ProgressBar()
            let show = { (progress: Fold.Progress) in
                bar.show(progress.input, done: progress.bytes, of: progress.size, note: "\(progress.events) events")
            }
            let summary =
                if let log {
                    try run(fold, log, host, show)
                } else { try fold.run(inputs.map { FoldInput($0) }, to: output, progress: show) }
            bar.clear()
            print(json ? FoldReport.json(summary) : FoldReport.text(summary, folder: output))
            fflush(nil)
            // Freeing a million states one by one would take longer than writing them.
            withExtendedLifetime(fold) { _exit(0) }
        }
    }
}
