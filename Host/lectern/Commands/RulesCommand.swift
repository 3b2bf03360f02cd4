import ArgumentParser
import CPluginAPI
import Ingest
import Records
import Reduction

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract:
            "Rules about whose events are taken, and about what becomes of events: are they right, what do they do.",
        subcommands: [RulesTestCommand.self])
}

struct RulesTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract:
            "Say what rules do with events: filter rules by rule, those about domains by the domains that events name.",
        discussion: """
            A file that ends with .yaml or .yml is one of filter rules, as `filters.file` names it. Others are read as
            those of `ingest.rules` are: each after those that it overrides. A mistake is named with its place, and the
            exit code is 1.

            Examples:
              lectern rules test filters.yaml --input events.jsonl
              lectern rules test rules.pmss
              lectern rules test base.pmss school.pmss --input events.jsonl
              lectern rules test rules.pmss --domain example.org --domain school.example --json
            """)

    @Argument(help: "Files of rules.")
    var files: [String]

    @Option(help: ArgumentHelp("Events: JSON lines, plain or .gz, or - for standard input.", valueName: "file"))
    var input: String?

    @Option(
        name: .customLong("domain"), parsing: .singleValue, help: "A domain to ask for, whether events name it or not.")
    var domains: [String] = []

    @OptionGroup var settings: SettingsOptions

    @Flag(help: "Print a line of JSON for each rule or domain.")
    var json = false

    private struct Line: Encodable {
        /// Nil: events that name none.
        let domain: String?
        let events: Int
        let action: String
        /// Where the rule stands; nil: none says anything, so they are taken.
        let rule: String?
    }

    func validate() throws {
        guard files.contains(where: FilterTrial.isOne) else { return }
        if files.count > 1 { throw ValidationError("one file of filter rules at a time") }
        if !domains.isEmpty { throw ValidationError("--domain: filter rules know none") }
    }

    func run() async throws {
        try await Command.run {
            if FilterTrial.isOne(files[0]) {
                let trial = try FilterTrial(files[0])
                if let input { try trial.run(input, try settings.load(data: ".").ingest) }
                for line in json ? try trial.json() : trial.table.lines { print(line) }
                return
            }
            let list = try BlockList(files: files)
            for warning in list.warnings { Terminal.warn(warning) }
            var counts: [String?: Int] = [nil: 0]
            for domain in domains { counts[domain.lowercased()] = 0 }
            if let input { try count(input, try settings.load(data: ".").ingest, into: &counts) }
            let lines = counts.sorted { ($0.value, $1.key ?? "") > ($1.value, $0.key ?? "") }.map { domain, events in
                let verdict = list.verdict(domain: domain)
                return Line(
                    domain: domain, events: events, action: verdict.action, rule: verdict.place.map { "\($0)" })
            }
            if json {
                for line in lines { print(try JSONOutput.line(line)) }
            } else {
                var table = TextTable("DOMAIN", "EVENTS", "ACTION", "RULE")
                for line in lines {
                    table.add(
                        line.domain ?? "(none)", "\(line.events)", line.action, line.rule ?? "none: events are taken")
                }
                for line in table.lines { print(line) }
            }
        }
    }

    /// Counts each event for every domain that it names.
    private func count(
        _ input: String, _ configuration: IngestConfiguration, into counts: inout [String?: Int]
    ) throws {
        let extractor = FieldExtractor()
        let slots =
            configuration.domainFields.map { (extractor.add($0), false) }
            + configuration.actorFields.map { (extractor.add($0), true) }
        let row = UnsafeMutablePointer<lectern_value>.allocate(capacity: extractor.count)
        defer { row.deallocate() }
        row.initialize(repeating: lectern_value(), count: extractor.count)
        let reader = try LineReader(input, limit: configuration.eventBytes)
        try reader.forEach { line in
            guard extractor.extract(line, into: row) == nil else { return true }
            let found = Set(
                slots.compactMap { slot, isActor in
                    row[slot].text.flatMap { BlockList.domain(of: $0, isActor: isActor) }
                        .map { String(decoding: $0, as: UTF8.self).lowercased() }
                })
            if found.isEmpty { counts[nil, default: 0] += 1 }
            for domain in found { counts[domain, default: 0] += 1 }
            return true
        } moving: {
            extractor.reset()
        }
    }
}
