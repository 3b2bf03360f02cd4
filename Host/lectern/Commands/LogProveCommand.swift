import ArgumentParser
import EventLog

struct LogProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Prove what the log holds to someone who has only its public key.",
        discussion: """
            Prints JSON: signed tree heads, and the hashes that lead to their roots (RFC 6962). With --position, that the
            record at that position is in the log; its bytes are part of the proof. With --from, that the tree of a newer
            head begins with the one of an older head: what was in the log then is in it still, unchanged.
            `lectern log verify --proof` checks it.

            Examples:
              lectern log prove --partition 3 --position 17
              lectern log prove --partition 3 --position 17 --to 1000
              lectern log prove --partition shared --from 40 --to 90
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "The partition whose tree it is about; or `shared`: the tree of what belongs to no partition.")
    var partition: String

    @Option(help: "Prove that the tree has the record at this position.")
    var position: UInt64?

    @Option(help: ArgumentHelp("Prove that the tree has grown from the head with so many leaves.", valueName: "size"))
    var from: UInt64?

    @Option(help: ArgumentHelp("The head that is proved against, by its size. Default: the newest.", valueName: "size"))
    var to: UInt64?

    func validate() throws {
        if LogTree(partition) == nil { throw ValidationError("--partition: expected a number or `shared`") }
        if (position == nil) == (from == nil) { throw ValidationError("expected either --position or --from") }
        if from == 0 { throw ValidationError("--from: expected at least 1: every tree begins with nothing") }
    }

    func run() async throws {
        try await Command.run {
            guard let tree = LogTree(partition) else { return }
            let log = try data.log()
            if let position {
                print(try JSONOutput.line(log.proveInclusion(of: position, in: tree, size: to)))
            } else if let from {
                print(try JSONOutput.line(log.proveConsistency(of: tree, from: from, to: to)))
            }
        }
    }
}
