import ArgumentParser
import EventLog
import FoundationEssentials

struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters", abstract: "What could not be processed, and why.",
        subcommands: [DeadLettersListCommand.self, DeadLettersShowCommand.self, DeadLettersReplayCommand.self])
}

struct DeadLettersListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List dead letters, the oldest first.",
        discussion: """
            The stage says where it failed: decode, authenticate, protect, source, dedup, filter, read or reduce. With --json each
            line holds the bytes as they arrived, as base64 in `original` and, if they are UTF-8, in `text`.

            Examples:
              lectern dead-letters list
              lectern dead-letters list --stage read --after 120 --limit 50 --json
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "Only those of this stage.")
    var stage: String?

    @Option(help: ArgumentHelp("Only those behind this number.", valueName: "id"))
    var after: UInt64 = 0

    @Option(help: "At most so many.")
    var limit = 100

    @Flag(help: "Print a line of JSON for each.")
    var json = false

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit: expected at least 1") }
        guard let stage, DeadLetter.Stage(rawValue: stage) == nil else { return }
        let known = DeadLetter.Stage.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--stage: “\(stage)”, expected one of \(known)")
    }

    func run() async throws {
        try await Command.run {
            let stored = try data.deadLetters()
            let letters = try stored.page(after: after, limit: limit, stage: stage.flatMap(DeadLetter.Stage.init))
            if json {
                for letter in letters { print(try JSONOutput.line(LetterReport(letter))) }
            } else {
                print(Self.text(letters))
            }
        }
    }

    private static func text(_ letters: [DeadLetters.Numbered]) -> String {
        guard !letters.isEmpty else { return "none" }
        var table = TextTable("NUMBER", "RECEIVED", "STAGE", "REASON", "ORIGINAL")
        for letter in letters {
            let original = String(decoding: letter.letter.original.prefix(200), as: UTF8.self)
            let start = String(original.map { $0.isNewline ? " " : $0 }.prefix(60))
            table.add(
                "\(letter.id)", JSONOutput.time(letter.letter.received), letter.letter.stage.rawValue,
                letter.letter.reason, start)
        }
        return table.lines.joined(separator: "\n")
    }
}

/// A dead letter as `--json` prints it.
struct LetterReport: Encodable {
    let id: UInt64
    let stage: String
    let code: String
    let reason: String
    let attempts: Int
    let received: String
    let component: String?
    let build: String?
    let partition: Int?
    let position: UInt64?
    let client: String?
    let sequence: UInt64?
    let session: UInt32?
    let text: String?
    let original: Data

    init(_ numbered: DeadLetters.Numbered) {
        let letter = numbered.letter
        id = numbered.id
        stage = letter.stage.rawValue
        code = letter.code.rawValue
        reason = letter.reason
        attempts = letter.attempts
        received = JSONOutput.time(letter.received)
        component = letter.component
        build = letter.build
        partition = letter.partition
        position = letter.position
        client = letter.client
        sequence = letter.sequence
        session = letter.session
        text = String(validating: letter.original, as: UTF8.self)
        original = Data(letter.original)
    }
}
