import FoundationEssentials
import Reduction
import Records

/// The sample events that a build refuses to read. Found by a fold of its own, since a host that makes states anew does not
/// write the same dead letters once more.
struct SampleRejections: Equatable {
    /// A line each: how many events, why, and one of them.
    let lines: [String]

    static let none = SampleRejections(lines: [])

    private init(lines: [String]) { self.lines = lines }

    /// - Parameter plugins: the folder of builds.
    init(of events: [FoldInput], plugins: String, settings: SettingsOptions) throws {
        let folder = try Folder.temporary()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var arguments = ["fold"] + events.map(\.argument)
        arguments += ["--plugins", plugins, "--out", folder, "--json"]
        if let file = settings.config { arguments += ["--config", file] }
        for assignment in settings.assignments { arguments += ["--set", assignment] }
        guard try Program(name: Folder.program, arguments: arguments).capture().end == .code(0) else {
            lines = []
            return
        }
        let letters = String(
            decoding: FileManager.default.contents(atPath: "\(folder)/dead-letters.jsonl") ?? Data(), as: UTF8.self)
        var reasons: [(reason: String, count: Int, text: String)] = []
        for line in letters.split(separator: "\n") {
            guard let letter = try? JSONTree(json: line), case .text(let reason)? = letter["reason"] else { continue }
            if let index = reasons.firstIndex(where: { $0.reason == reason }) {
                reasons[index].count += 1
            } else {
                reasons.append((reason, 1, letter["text"]?.text(limit: 160) ?? ""))
            }
        }
        lines = reasons.prefix(5).map { "\($0.count) refused: \($0.reason) in \($0.text)" }
    }
}
