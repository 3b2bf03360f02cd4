import FoundationEssentials
import Glibc
import PluginHost
import Reduction
import Records

/// One build of a plugin folds recorded traffic, in a process of its own: a trap ends that process and nothing else.
struct BuildRun {
    /// What `lectern fold --json` prints, as far as it counts here.
    struct Summary: Decodable {
        struct Table: Decodable {
            let table: String
            let keys: [String]
        }

        let events: UInt64
        let foldSeconds: Double
        let cpuSeconds: Double
        let tables: [Table]
    }

    let identity: PluginIdentity
    /// Where its states, rows and dead letters lie.
    let folder: String
    let summary: Summary

    /// - Parameters:
    ///   - file: the build; `others`: plugins whose sources read the events.
    ///   - traffic: arguments of `lectern fold` that name what is folded.
    ///   - folder: an empty one, for this run.
    /// - Throws: `InputFailure` that says how the build failed.
    init(
        _ file: String, identity: PluginIdentity, with others: [String], traffic: [String], settings: SettingsOptions,
        in folder: String
    ) throws {
        self.identity = identity
        self.folder = "\(folder)/out"
        try Folder.make(folder, "plugins", "out")
        try FileManager.default.copyItem(atPath: file, toPath: "\(folder)/plugins/\(identity.id).so")
        for (index, other) in others.enumerated() {
            try FileManager.default.copyItem(atPath: other, toPath: "\(folder)/plugins/other-\(index).so")
        }
        var arguments = ["fold"] + traffic + ["--plugins", "\(folder)/plugins", "--out", "\(folder)/out", "--json"]
        arguments += ["--shards", "1", "--activity", "\(folder)/activity"]
        if let config = settings.config { arguments += ["--config", config] }
        for assignment in settings.assignments { arguments += ["--set", assignment] }
        let program = Program(name: Folder.program, arguments: arguments)
        // On a terminal the run shows how far it is.
        let captured = try isatty(2) == 1 ? program.captureOutput() : program.capture()
        guard captured.end == .code(0) else {
            throw InputFailure(Self.failure(of: captured, file: file, activity: "\(folder)/activity"))
        }
        let output = captured.output.split(separator: "\n").last ?? ""
        summary = try JSONDecoder().decode(Summary.self, from: Data(output.utf8))
        guard access("\(folder)/out/states.jsonl", R_OK) == 0 else {
            throw InputFailure("\(file): the fold left no states")
        }
        let refused = captured.errors.split(separator: "\n").filter { $0.contains("\(identity.id).so refused") }
        if let line = refused.first { throw InputFailure("\(file): \(line)") }
    }

    private static func failure(of run: Program.Captured, file: String, activity: String) -> String {
        let said = run.errors.split(separator: "\n").suffix(6).joined(separator: "\n  ")
        switch run.end {
        case .signal(let signal):
            let call = ActivityFile(activity)?.crash.map { "\($0)" }
            return "\(file): \(call ?? "was ended by \(Program.name(of: signal))")"
                + (said.isEmpty ? "" : "\n  \(said)")
        case .code(let code):
            if let call = ActivityFile(activity)?.crash { return "\(file): \(call)" }
            return "\(file): the fold ended with \(code)" + (said.isEmpty ? "" : "\n  \(said)")
        }
    }

    /// The table's file of rows, and its key; nil if the build has no such table.
    func table(_ name: String) -> (path: String, keys: [String])? {
        summary.tables.first { $0.table == name }.map { ("\(folder)/tables/\(name).jsonl", $0.keys) }
    }
}
