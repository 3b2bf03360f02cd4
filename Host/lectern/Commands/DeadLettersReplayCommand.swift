import ArgumentParser
import EventLog
import Foundation
import Records

struct DeadLettersReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Send dead letters to a running host again, as they are or edited.",
        discussion: """
            For what was refused before it came into the log: the stages decode, authenticate, protect and source. What
            was refused by a plugin (read, reduce) is in the log, and is read again by `lectern plugin rebuild` when a
            better build is installed. A letter of the stage dedup has the id of another event: give it one of its own in a
            file, and send that with --with. One of the stage filter is in the log, and no plugin has seen it: sent again, it
            comes as a new event, by the rules that hold now. Sending the same bytes of a letter twice counts once.

            Examples:
              lectern dead-letters replay 12 13 14
              lectern dead-letters show 12 --original > event.json; edit event.json
              lectern dead-letters replay 12 --with event.json
              lectern dead-letters replay 12 --to http://127.0.0.1:3001
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "The letters' numbers, as `list` prints them.")
    var numbers: [UInt64]

    @Option(help: ArgumentHelp("The host.", valueName: "url"))
    var to = "http://127.0.0.1:3001"

    @Option(help: ArgumentHelp("What is sent instead of the one letter's bytes.", valueName: "file"))
    var with: String?

    @Option(help: ArgumentHelp("The source that reads the lines; for letters of the stage source.", valueName: "id"))
    var source: String?

    @Option(
        help: ArgumentHelp(
            "A file with the token of a publisher, such as the host's own tokens; needed if the host asks for tokens.",
            valueName: "file"))
    var token: String?

    private struct Answer: Decodable {
        struct Rejection: Decodable { let reason: String }
        let accepted: Int?
        let duplicates: Int?
        let rejected: [Rejection]?
        let reason: String?
    }

    func validate() throws {
        if numbers.isEmpty { throw ValidationError("Name the letters by their numbers.") }
        if with != nil, numbers.count != 1 {
            throw ValidationError("--with replaces the bytes of one letter: name one, not \(numbers.count)")
        }
    }

    func run() async throws {
        try await Command.run {
            let address = try HostAddress(url: to)
            let token = try token.map { path throws(InputFailure) in try TokenFile.token(of: "publisher", in: path) }
            var failed = 0
            for number in numbers {
                let letter = try data.deadLetter(number)
                guard ![.read, .reduce].contains(letter.letter.stage) else {
                    throw InputFailure(
                        "dead letter \(number) is in the log, at position \(letter.letter.position ?? 0) of partition "
                            + "\(letter.letter.partition ?? 0): install a build that can read it, and then `lectern plugin "
                            + "rebuild` reads it again")
                }
                if letter.letter.stage == .dedup, with == nil {
                    throw InputFailure(
                        "dead letter \(number) has the id of another event and would be refused again: give it one of its "
                            + "own in a file, and send that with --with FILE")
                }
                let (what, isTaken) = try send(letter, to: address, token)
                print("\(number): \(what)")
                if !isTaken { failed += 1 }
            }
            if failed > 0 { throw ExitCode(1) }
        }
    }

    private func send(
        _ letter: DeadLetters.Numbered, to address: HostAddress, _ token: String?
    ) throws -> (String, isTaken: Bool) {
        let bytes =
            try with.map { file in
                guard let data = FileManager.default.contents(atPath: file) else {
                    throw InputFailure("\(file): expected a file with the event, found none that can be read")
                }
                return Array(data)
            } ?? letter.letter.original
        // The same bytes of a letter are one event, however often they are sent; others are another attempt.
        let hash = bytes.withUnsafeBytes { SHA256.hexadecimal(of: $0) }.prefix(16)
        let query =
            "client=dead-letter-\(letter.id)-\(hash)&seq=1&attempt=\(letter.letter.attempts + 1)"
            + (source.map { "&source=\($0)" } ?? "")
        let request = HostRequest(
            "POST", address, path: "/api/v1/events?\(query)", token: token, body: bytes,
            type: source == nil ? "application/json" : "text/plain")
        let (status, body) = try request.answer()
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.utf8)) else {
            throw InputFailure("\(address): answered with status \(status), which no host says of events")
        }
        if answer.accepted ?? 0 > 0 { return ("accepted", true) }
        if answer.duplicates ?? 0 > 0 { return ("was accepted before", true) }
        return ("refused: \(answer.reason ?? answer.rejected?.first?.reason ?? "without a reason")", false)
    }
}

extension HostRequest {
    fileprivate func answer() throws -> (status: Int, body: String) {
        do throws(ConnectionFailure) { return try run(seconds: 60) } catch { throw InputFailure(error.reason) }
    }
}
