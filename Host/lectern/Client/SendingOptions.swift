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
        destination.token = try token.map { path throws(InputFailure) in try TokenFile.token(of: "publisher", in: path)
        }
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
}
