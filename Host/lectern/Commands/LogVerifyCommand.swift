import ArgumentParser
import EventLog

struct LogVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that the log is what was written and signed.",
        discussion: """
            Reads the whole log, which a host may be writing. Every problem is named with its file, byte, partition and
            position; then the command ends with 1. With log.integrity, each byte is checked against the tree heads that
            the host has signed; without, only checksums and positions are.

            Who can forge a log can sign it anew, too. Keep the public key and the tree heads (public.pem and heads.jsonl
            in the log's folder integrity) elsewhere, and check with them: --key, --heads.

            With --proof, checks what `lectern log prove` has printed instead. That needs no log but for its key.

            Examples:
              lectern log verify
              lectern log verify --data /var/lib/lectern --key kept/public.pem --heads kept/heads.jsonl
              lectern log verify --proof proof.json --key kept/public.pem
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp("The public key that must have signed. Default: the one beside the log.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("A copy of the log's tree heads that must be its past.", valueName: "file"))
    var heads: String?

    @Option(help: ArgumentHelp("Check this proof instead.", valueName: "file"))
    var proof: String?

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if proof != nil, heads != nil { throw ValidationError("--proof brings its own heads: leave out --heads") }
    }

    func run() async throws {
        try await Command.run {
            let key = try key.map { try PublicKey(path: $0) }
            if let proof { return try check(proof, key ?? data.log().publicKey()) }
            let bar = ProgressBar()
            let found = try data.log().verify(key: key, heads: heads, mustBeSigned: data.mustBeSigned()) {
                done, total in
                bar.show("verify", done: done, of: total, note: "")
            }
            bar.clear()
            let report = LogVerifyReport(found)
            if json { print(try JSONOutput.line(report)) } else { print(report.text) }
            for problem in found.problems where !json { Terminal.fail("\(problem)") }
            if !found.problems.isEmpty { throw ExitCode.failure }
        }
    }

    private func check(_ path: String, _ key: PublicKey) throws {
        let objection = try LogProof(path: path).objection(key: key)
        if json { print(try JSONOutput.line(["valid": objection == nil])) }
        if let objection { throw InputFailure("\(path) proves nothing: \(objection)") }
        if !json { print("\(path) is a proof") }
    }
}

/// What `lectern log verify` tells.
private struct LogVerifyReport: Encodable {
    let segments: Int
    let records: UInt64
    let heads: Int
    let newestHead: String?
    let unsigned: UInt64
    let erased: UInt64
    let removed: UInt64
    let torn: String?
    let problems: [LogProblem]

    init(_ found: LogVerification) {
        segments = found.segments
        records = found.records
        heads = found.heads
        newestHead = found.newestHead
        unsigned = found.unsigned
        erased = found.erased
        removed = found.removed
        torn = found.torn
        problems = found.problems
    }

    var text: String {
        var lines = ["records       \(records) in \(segments) segments"]
        if let newestHead {
            lines.append("tree heads    \(heads), the newest of \(newestHead)")
            lines.append("not signed    \(unsigned) newer records: only their checksums were checked")
        } else {
            lines.append("tree heads    none: only checksums and positions were checked; see log.integrity")
        }
        if erased > 0 { lines.append("erased        \(erased)") }
        if removed > 0 { lines.append("deleted       \(removed) records, with their segments, by a signed retention") }
        if let torn { lines.append("at the end    \(torn)") }
        lines.append("problems      \(problems.isEmpty ? "none" : "\(problems.count)")")
        return lines.joined(separator: "\n")
    }
}
