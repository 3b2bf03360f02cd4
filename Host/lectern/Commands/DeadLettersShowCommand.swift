import ArgumentParser
import EventLog
import Foundation

struct DeadLettersShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one dead letter, with all that is known of it.",
        discussion: """
            With --original, the bytes as they arrived and nothing else: put them into a file to edit them.

            Examples:
              lectern dead-letters show 12
              lectern dead-letters show 12 --original > event.json
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "The letter's number, as `list` prints it.")
    var number: UInt64

    @Flag(help: "Print the bytes as they arrived.")
    var original = false

    @Flag(help: "Print a line of JSON.")
    var json = false

    func run() async throws {
        try await Command.run {
            let letter = try data.deadLetter(number)
            if original {
                try FileHandle.standardOutput.write(contentsOf: letter.letter.original)
            } else if json {
                print(try JSONOutput.line(LetterReport(letter)))
            } else {
                print(Self.text(letter.letter))
            }
        }
    }

    private static func text(_ letter: DeadLetter) -> String {
        let known: [(String, String?)] = [
            ("received", JSONOutput.time(letter.received)), ("stage", letter.stage.rawValue),
            ("code", letter.code.rawValue), ("reason", letter.reason), ("attempts", "\(letter.attempts)"),
            ("component", letter.component), ("build", letter.build),
            ("partition", letter.partition.map { "\($0)" }), ("position", letter.position.map { "\($0)" }),
            ("client", letter.client), ("sequence", letter.sequence.map { "\($0)" }),
            ("session", letter.session.map { "\($0)" }),
        ]
        let lines = known.compactMap { name, value in
            value.map { name + String(repeating: " ", count: 11 - name.count) + $0 }
        }
        return (lines + ["", String(decoding: letter.original, as: UTF8.self)]).joined(separator: "\n")
    }
}

extension DataOptions {
    /// - Throws: `InputFailure` if there is none of that number, or none any more.
    func deadLetter(_ number: UInt64) throws -> DeadLetters.Numbered {
        let stored = try log().deadLetters()
        guard number > 0, let letter = try stored.page(after: number - 1, limit: 1).first, letter.id == number else {
            let oldest = try stored.page(limit: 1).first?.id
            throw InputFailure(
                "there is no dead letter \(number): "
                    + (oldest.map { "expected one from \($0) to \(stored.lastID)" } ?? "there is none at all"))
        }
        return letter
    }
}
