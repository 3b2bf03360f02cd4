import ArgumentParser
import Custody
import EventLog
import Foundation
import Records

struct EraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Erase a student, for good.",
        discussion: """
            Takes the student out of the log, the states, the tables, the dead letters and all else in the data folder. In
            what others have sent, the id's pseudonym takes its place. Events of the student that come later are refused,
            and an older copy of the data folder that is restored is erased as well, before its host serves: a list outside
            the folder knows (setting custody.erasures). Prints a signed certificate, which does not hold the id.

            If a host has the data folder open, it is asked, and begins anew at the same address: it is away for some
            seconds, or as long as it takes to read its log. It folds its states anew after that.

            The id is what events call the student, such as the user_id, without what a method of authentication puts before
            it (tc-testcase-). A student with several ids is erased by each of them.

            Examples:
              lectern erase --student ada@school.example --data /var/lib/lectern --config /etc/lectern.yaml
              lectern erase --student ada@school.example --to http://127.0.0.1:3001 --token operator.token
            """)

    @Option(help: ArgumentHelp("The student's id.", valueName: "id"))
    var student: String

    @OptionGroup var data: DataOptions

    @Option(
        help: ArgumentHelp(
            "The running host. Default: the one that has the data folder open, if there is one.", valueName: "url"))
    var to: String?

    @Option(
        help: ArgumentHelp("A file with an operator's token. Default: tokens, in the data folder.", valueName: "file"))
    var token: String?

    func validate() throws {
        if student.isEmpty { throw ValidationError("--student: expected an id") }
    }

    func run() async throws {
        try await Command.run {
            if let to { return try askHost(try HostAddress(url: to), token ?? "\(data.data)/tokens") }
            let settings = try data.settings.load(data: data.data)
            guard access(settings.log.directory, F_OK) == 0 else {
                throw InputFailure("no log in \(settings.log.directory); name the host's data folder with --data")
            }
            let custody = settings.custody(data: data.data)
            do {
                // Nothing is decided if it can't be carried out.
                try custody.check()
            } catch let error as LogError where error.code == .inUse {
                guard let address = HostAddressFile.read(data.data) else {
                    throw InputFailure(
                        "a host has \(data.data) open: ask it with --to URL --token FILE, or stop it first")
                }
                return try askHost(try HostAddress(url: address), token ?? settings.tokens(data: data.data))
            }
            let decision = try custody.decide(student, try LogDirectory(settings.log.directory).identity)
            try await custody.carryOut { Terminal.note($0) }
            printCertificate(custody.certificate(of: decision.student))
        }
    }

    /// Asks, and waits until it is carried out.
    private func askHost(_ address: HostAddress, _ tokenFile: String) throws {
        let client = try OperatorClient(address, tokenFile: tokenFile)
        let pseudonym = try client.erase(student)
        Terminal.note("decided; \(address) begins anew and carries it out")
        while true {
            if let certificate = try client.certificate(of: pseudonym) { return printCertificate(certificate) }
            usleep(200_000)
        }
    }

    /// What a certificate counts.
    private struct Counts: Decodable {
        let events: [Int: Int]
        let sessions: Int
        let mentions: Int
        let deadLetters: Int
        let values: Int
        let others: [String: Int]
        let resumed: Bool

        var isNothing: Bool {
            events.isEmpty && others.isEmpty && sessions + mentions + deadLetters + values == 0 && !resumed
        }
    }

    private func printCertificate(_ certificate: String?) {
        guard let certificate else { return }
        if let found = try? JSONDecoder().decode(Counts.self, from: Data(certificate.utf8)), found.isNothing {
            Terminal.warn("nothing of this student was found; is the id spelled as events spell it?")
        }
        print(certificate.hasSuffix("\n") ? String(certificate.dropLast()) : certificate)
    }
}

extension OperatorClient {
    private struct Decided: Decodable { let erasure: String }
    private struct Wanted: Encodable { let student: String }

    /// Has the host erase a student, and returns the pseudonym under which the certificate will be found.
    fileprivate func erase(_ student: String) throws -> String {
        let body = try send("POST", "/api/v1/erasures", body: Array(JSONEncoder().encode(Wanted(student: student))))
        return try JSONDecoder().decode(Decided.self, from: Data(body.utf8)).erasure
    }

    /// Nil: not yet.
    fileprivate func certificate(of pseudonym: String) throws -> String? {
        do {
            return try find("/api/v1/erasures/\(pseudonym)")
        } catch is NoAnswer {
            // It begins anew.
            return nil
        }
    }
}
