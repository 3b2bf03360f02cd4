import Foundation

/// A host with a plugin that does harm, another that does none, and a class that works on in the meantime. One event in
/// the middle of the class's is mallory's: the one at which the evil plugin does what it does.
struct EvilPlugin {
    let folder: TemporaryFolder
    let group: SimulatedClass
    /// The class's events with mallory's among them.
    let file: String
    var data: String { "\(folder.path)/data" }
    var plugins: String { "\(folder.path)/plugins" }

    /// - Parameter how: a macro of Tests/Plugins/CounterInC.
    init(_ how: String?, events: Int = 2_000) throws {
        folder = try TemporaryFolder()
        for name in ["data", "plugins"] {
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        group = try SimulatedClass(events: events)
        file = "\(folder.path)/class.jsonl"
        var lines = try lines(of: group.file)
        lines.insert(
            #"{"event_type":"login","event_id":"9b7d7a1e-3c0f-4a53-9e7c-3f8f5f3b1c11","user_id":"mallory","#
                + #""timestamp":"2026-01-31T09:30:00Z"}"#, at: lines.count / 2)
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        // One that does no harm, and whose states must be right whatever happens to the other.
        try FileManager.default.copyItem(
            atPath: try Installation.plugin("quiz-analytics"), toPath: "\(plugins)/quiz-analytics.so")
        try install(how.map { [$0] } ?? [])
    }

    /// Puts a build of the counter into the folder, in one step.
    func install(_ definitions: [String]) throws {
        let made = "\(folder.path)/counter.so"
        try CPlugin.build("CounterInC/counter.c", to: made, definitions: definitions)
        _ = try? FileManager.default.removeItem(atPath: "\(plugins)/counter.so")
        try FileManager.default.moveItem(atPath: made, toPath: "\(plugins)/counter.so")
    }

    func host(_ settings: [String] = []) throws -> HostProcess {
        try HostProcess(data: data, plugins: plugins, settings: ["ingest.trust=loopback"] + settings)
    }

    /// The states that a good build of the counter and the harmless plugin make of a file.
    func expected(of file: String) throws -> [String: [String]] {
        let good = "\(folder.path)/good"
        if !FileManager.default.fileExists(atPath: good) {
            try FileManager.default.createDirectory(atPath: good, withIntermediateDirectories: true)
            try CPlugin.build("CounterInC/counter.c", to: "\(good)/counter.so")
            try FileManager.default.copyItem(
                atPath: try Installation.plugin("quiz-analytics"), toPath: "\(good)/quiz-analytics.so")
        }
        return try Folding(inputs: [file], plugins: good)().statesByComponent()
    }
}
