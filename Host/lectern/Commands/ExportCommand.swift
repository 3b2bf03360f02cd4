import ArgumentParser
import Custody
import EventLog
import Foundation
import KeyValueStore
import PluginHost
import Records
import Reduction

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all that is held of a student, as JSON lines.",
        discussion: """
            Each line says where it is from: `log` (a record, as `lectern log cat` prints it; `relation` is `own`, or `mention`
            where somebody else's names the student), `dead-letters`, `early-frames`,
            `states` (with the store), `tables` (the rows, of a fold
            of the log with the plugins of --plugins), and whatever else holds something. The host may be running; nothing is
            changed.

            Examples:
              lectern export --student ada@school.example --data /var/lib/lectern >ada.jsonl
              lectern export --student ada@school.example --data /var/lib/lectern --config lectern.yaml --out ada.jsonl
            """)

    @Option(help: ArgumentHelp("The student's id.", valueName: "id"))
    var student: String

    @Option(help: ArgumentHelp("The data folder.", valueName: "folder"))
    var data = "lectern-data"

    @OptionGroup var common: CommonOptions

    @Option(
        name: .customLong("out"), help: ArgumentHelp("The file to write; '-' is standard output.", valueName: "file"))
    var output = "-"

    func validate() throws {
        if student.isEmpty { throw ValidationError("--student: expected an id") }
    }

    func run() async throws {
        try await Command.run {
            let settings = try common.load(data: data)
            let log = try DataOptions.log(in: data)
            let export = try settings.export(student, log)
            let output = try OutputFile(output)
            try export.records { record, relation in
                try output.write(
                    line: Self.line("log", ["relation": relation.rawValue], "record", RecordJSON.line(record)))
            }
            try export.letters { letter in
                try output.write(line: Self.line("dead-letters", [:], "letter", JSONOutput.line(LetterReport(letter))))
            }
            try export.earlyFrames { try output.write(line: Self.line("early-frames", [:], "frame", $0)) }
            let stores = try KeyValueStores(settings.stores, folder: data, readOnly: true)
            for name in stores.names {
                try await export.entries(of: stores.store(named: name)) { entry in
                    try output.write(
                        line: Self.line("states", ["store": name, "key": entry.key], "value", entry.value))
                }
            }
            try writeRows(export, settings, log, output)
            try export.others { name, json in try output.write(line: Self.line(name, [:], "value", json)) }
            try output.flush()
        }
    }

    /// Folds the log, and writes the rows that name the student.
    private func writeRows(
        _ export: StudentExport, _ settings: HostSettings, _ log: LogDirectory, _ output: OutputFile
    ) throws {
        let folder = try Folder.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Folder.make(folder, "tables")
        var options = settings.foldOptions(restarts: [])
        options.tables = settings.plugins.tables
        let fold = Fold(common.catalog(settings.plugins.inProcess), options, store: nil)
        _ = try fold.run(log: log, to: folder)
        for file in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/tables").sorted() {
            let text = try String(contentsOfFile: "\(folder)/tables/\(file)", encoding: .utf8)
            for row in text.split(separator: "\n") where export.isNamed(in: String(row), isJSON: true) {
                let table = file.hasSuffix(".jsonl") ? String(file.dropLast(6)) : file
                try output.write(line: Self.line("tables", ["table": table], "row", String(row)))
            }
        }
    }

    /// One line: where it is from, what else is said of it, and the JSON of the piece itself.
    private static func line(_ from: String, _ more: [String: String], _ name: String, _ json: String) -> String {
        var line = Bytes()
        line.append("{\"from\":")
        line.appendJSON(from)
        for (key, value) in more.sorted(by: { $0.key < $1.key }) {
            line.append(",")
            line.appendJSON(key)
            line.append(":")
            line.appendJSON(value)
        }
        line.append(",")
        line.appendJSON(name)
        line.append(":")
        line.append(json)
        line.append("}")
        return line.string
    }
}
