import ArgumentParser
import Glibc

/// How events are sent to a host.
struct SendingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with the token of a publisher, such as the host's own tokens; needed if the host asks for tokens.",
            valueName: "file"))
    var token: String?

    @Option(help: "Events of a connection that may wait for the host's acknowledgement.")
    var window = 1024

    @Option(
        help: ArgumentHelp(
            "How long the host may be away before this gives up. What it had acknowledged is safe.",
            valueName: "seconds"))
    var patience = 60

    @Flag(help: "Print each acknowledgement as a line: how many events of this run are durable.")
    var acks = false

    func validate() throws {
        guard 1...1_000_000 ~= window else { throw ValidationError("--window: expected 1 to 1000000") }
        guard 0...86_400 ~= patience else { throw ValidationError("--patience: expected 0 to 86400 seconds") }
    }

    func destination(_ address: HostAddress, source: String? = nil) throws -> EventDestination {
        var destination = EventDestination(address: address)
        destination.source = source
        destination.window = window
        destination.token = try token.map(Self.readToken)
        return destination
    }

    /// - Parameter before: events that were acknowledged earlier in this run.
    func publisher(_ destination: EventDestination, clients: [String], after before: UInt64 = 0) -> EventPublisher {
        let printsAcks = acks
        return EventPublisher(destination, clients: clients, patience: patience) { number in
            guard printsAcks else { return }
            print(before + number)
            fflush(nil)
        }
    }

    /// The token in a file: its one word, or the word behind `publisher` in a file of tokens.
    private static func readToken(_ path: String) throws(InputFailure) -> String {
        guard let file = fopen(path, "r") else { throw InputFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            .map { $0.split { $0 == " " || $0 == "\t" } }
            .filter { !$0.isEmpty && !$0[0].hasPrefix("#") }
        if lines.count == 1, lines[0].count == 1 { return String(lines[0][0]) }
        guard let line = lines.first(where: { $0.count == 2 && $0[0] == "publisher" }) else {
            throw InputFailure("\(path): expected one token, or a line “publisher TOKEN”")
        }
        return String(line[1])
    }
}
