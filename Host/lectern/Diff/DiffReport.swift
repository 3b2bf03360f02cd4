import PluginHost

/// What `lectern plugin diff` tells.
struct DiffReport: Encodable {
    struct Build: Encodable {
        let file: String
        let version: String
        let build: String
        let eventsPerSecond: Double
        let cpuSeconds: Double
    }

    let plugin: String
    let old: Build
    let new: Build
    /// How many were folded.
    let events: UInt64
    let differs: Bool
    let states: [ComponentDifference]
    let rows: [ComponentDifference]
    let refused: RejectionsComparison
    /// The new build's time on processors against the old one's; nil: both were too short to be compared.
    let cpuRatio: Double?

    /// Below so many seconds, starting counts for more than folding.
    private static let shortest = 0.05

    init(_ old: BuildRun, _ oldFile: String, _ new: BuildRun, _ newFile: String, examples: Int) throws {
        let plugin = new.identity.id
        self.plugin = plugin
        self.old = Build(old, oldFile)
        self.new = Build(new, newFile)
        events = new.summary.events
        states = try StatesComparison(
            "\(old.folder)/states.jsonl", "\(new.folder)/states.jsonl", plugin: plugin, limit: examples
        ).differences()
        let names = new.summary.tables.map(\.table) + old.summary.tables.map(\.table)
        var seen: Set<String> = []
        rows = try names.filter { $0.hasPrefix("\(plugin).") && seen.insert($0).inserted }.map { name in
            let (before, after) = (old.table(name), new.table(name))
            return try RowsComparison(
                table: String(name.dropFirst(plugin.count + 1)), oldKeys: before?.keys ?? [],
                newKeys: after?.keys ?? [], limit: examples
            ).difference(before?.path, after?.path)
        }
        refused = try RejectionsComparison(
            "\(old.folder)/dead-letters.jsonl", "\(new.folder)/dead-letters.jsonl", plugin: plugin, limit: examples)
        let (first, second) = (old.summary.cpuSeconds, new.summary.cpuSeconds)
        cpuRatio = min(first, second) < Self.shortest ? nil : second / first
        differs =
            states.contains { !$0.isEmpty } || rows.contains { !$0.isEmpty } || !refused.isEmpty
            || Set(old.summary.tables.map(\.table)) != Set(new.summary.tables.map(\.table))
    }

    var text: String {
        var lines = [
            "\(plugin) \(old.version) → \(new.version), builds \(old.build.prefix(12)) → \(new.build.prefix(12)), "
                + "\(events) events"
        ]
        lines += states.flatMap { $0.lines("states") }
        lines += rows.flatMap { $0.lines("rows") }
        lines += refused.lines
        let ratio = cpuRatio.map { "CPU × \(Self.rounded($0))" } ?? "too short to compare"
        lines.append("speed: \(Int(old.eventsPerSecond)) → \(Int(new.eventsPerSecond)) events/s, \(ratio)")
        lines.append(differs ? "they differ" : "no difference")
        return lines.joined(separator: "\n")
    }

    private static func rounded(_ ratio: Double) -> Double { (ratio * 100).rounded() / 100 }
}

extension DiffReport.Build {
    init(_ run: BuildRun, _ file: String) {
        self.init(
            file: file, version: run.identity.version, build: run.identity.build,
            eventsPerSecond: run.summary.foldSeconds > 0
                ? (Double(run.summary.events) / run.summary.foldSeconds).rounded() : 0,
            cpuSeconds: run.summary.cpuSeconds)
    }
}
