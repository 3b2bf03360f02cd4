import Foundation
import Testing

extension IntegrationTests {
    @Suite("lectern dev")
    struct DevTests {
        private let folder: TemporaryFolder
        private var package: String { "\(folder.path)/quizzes" }
        private var source: String { "\(package)/QuizzesPlugin/QuizzesPlugin.swift" }

        init() throws {
            folder = try TemporaryFolder()
            try run(Installation.lectern, ["plugin", "new", "quizzes", "--in", folder.path])
        }

        /// What it prints for each edit, with --json.
        private struct Report: Decodable {
            struct Difference: Decodable {
                struct Field: Decodable, Equatable {
                    var field: String
                    var old: String?
                    var new: String?
                }
                struct Changed: Decodable {
                    var key: String
                    var fields: [Field]
                }
                struct Entry: Decodable { var key: String }
                var title: String
                var count: Int
                var added: [Entry]
                var removed: [Entry]
                var changed: [Changed]
            }
            var event: String
            var dashboards: String?
            var differences: [Difference]
            var messages: [String]
            var goesOn: Bool

            func difference(_ title: String) throws -> Difference {
                try #require(differences.first { $0.title == title }, "\(self)")
            }
        }

        private func reports(_ dev: ChildProcess) throws -> [Report] {
            try dev.printed.split(separator: "\n").map {
                try JSONDecoder().decode(Report.self, from: Data($0.utf8))
            }
        }

        /// Waits for the report of that number, from 1.
        private func report(_ number: Int, of dev: ChildProcess, seconds: Double = 120) throws -> Report {
            let came = try eventually(seconds: seconds) {
                guard dev.isRunning else { throw Failure("dev ended: \(dev.printed) \(dev.complained)") }
                return dev.printed.split(separator: "\n", omittingEmptySubsequences: false).count > number
            }
            guard came else { throw Failure("no report \(number): \(dev.printed) \(dev.complained)") }
            return try reports(dev)[number - 1]
        }

        private func edit(_ old: String, _ new: String, in file: String? = nil) throws {
            let file = file ?? source
            let text = try String(contentsOfFile: file, encoding: .utf8)
            guard text.contains(old) else { throw Failure("\(file) has no \(old)") }
            try text.replacingOccurrences(of: old, with: new)
                .write(toFile: file, atomically: true, encoding: .utf8)
        }

        /// The host that belongs to it.
        private func hosts(of dev: ChildProcess) -> String {
            (try? run("pgrep", ["-P", "\(dev.id)", "-f", "serve"])) ?? ""
        }

        @Test("shows what an edit changes, and what is wrong with it, while the build before goes on")
        func edits() throws {
            let dev = try ChildProcess(Installation.lectern, ["dev", package, "--json"])
            let first = try report(1, of: dev, seconds: 300)
            #expect(first.event == "live")
            #expect(try first.difference("states of quizzes").count == 5)
            #expect(first.messages.contains { $0.hasPrefix("1 refused: score: expected a number in ") }, "\(first)")
            let dashboards = try #require(first.dashboards)
            #expect(!hosts(of: dev).isEmpty)

            try edit("state.attempts += 1", "state.attempts += 3")
            let counted = try report(2, of: dev)
            let changed = try counted.difference("states of quizzes").changed
            #expect(changed.count == 5)
            #expect(changed.first?.key == "actor:ada,module:arrays")
            #expect(changed.first?.fields == [.init(field: "attempts", old: "2", new: "6")])
            #expect(try counted.difference("rows of quizzes").changed.count == 5)
            #expect(counted.messages.contains { $0.contains("quizzes has the version it had") })

            try edit("state.attempts += 3", "state.attempts += three")
            let wrong = try report(3, of: dev)
            #expect(wrong.event == "compile" && wrong.goesOn)
            #expect(
                wrong.messages == ["QuizzesPlugin/QuizzesPlugin.swift:31:27: cannot find 'three' in scope"], "\(wrong)")
            #expect(try run("curl", ["-sS", dashboards]).contains("Quizzes"))

            try edit("state.attempts += three", "precondition(quiz.score < 99)")
            let trapped = try report(4, of: dev)
            #expect(trapped.event == "refused" && trapped.goesOn)
            #expect(
                trapped.messages.contains { $0.contains("trapped") && $0.contains("reduce of quizzes") }, "\(trapped)")
            #expect(try run("curl", ["-sS", dashboards]).contains("Quizzes"))

            try edit("precondition(quiz.score < 99)", "state.attempts += 4")
            let mended = try report(5, of: dev)
            #expect(
                try mended.difference("states of quizzes").changed.first?.fields
                    == [.init(field: "attempts", old: "6", new: "8")])

            // The state's form changes without a new version: all is folded anew, so nothing is unreadable.
            try edit("var attempts = 0\n", "var attempts = 0\n        var best = Quantized()\n")
            #expect(try report(6, of: dev).event == "compile")
            try edit("var best = Quantized()", "var tries = 0")
            #expect(try report(7, of: dev).difference("states of quizzes").changed.count == 5)

            try edit("\"ben\"", "\"bob\"", in: "\(package)/events.jsonl")
            let resent = try report(8, of: dev)
            #expect(resent.event == "host")
            #expect(try resent.difference("states of quizzes").added.map(\.key).contains("actor:bob,module:loops"))
            #expect(try resent.difference("states of quizzes").removed.count == 2)

            dev.send(SIGINT)
            #expect(try dev.wait(seconds: 15) == .code(0))
            #expect(hosts(of: dev).isEmpty)
        }

        @Test("goes to a host that runs, and leaves its build where it is if one is refused")
        func running() throws {
            let host = try HostProcess(data: "\(folder.path)/data", plugins: try plugins())
            let dev = try ChildProcess(
                Installation.lectern,
                [
                    "dev", package, "--json", "--to", host.address, "--token", "\(host.data)/tokens", "--plugins",
                    try plugins(),
                ])
            #expect(try report(1, of: dev, seconds: 300).event == "live")
            _ = try Replaying(["\(package)/events.jsonl"], to: host, []).finish()
            #expect(try eventually { try host.states(of: "quizzes", "quizzes").count == 5 })

            // Another form of the states under the same version: what is there can't be read.
            try edit("var attempts = 0\n", "var tries = \"none\"\n        var attempts = 0\n")
            let refused = try report(2, of: dev)
            #expect(refused.event == "refused" && refused.goesOn)
            #expect(refused.messages.contains { $0.contains("can't read") }, "\(refused)")
            #expect(try host.states(of: "quizzes", "quizzes").count == 5)

            try edit("static let version = 1", "static let version = 2")
            let rebuilt = try report(3, of: dev)
            #expect(rebuilt.event == "live", "\(rebuilt)")
            #expect(try rebuilt.difference("states of quizzes").changed.count == 5)
            dev.send(SIGTERM)
            #expect(try dev.wait(seconds: 15) == .code(0))
            #expect(host.isRunning)
        }

        private func plugins() throws -> String {
            let path = "\(folder.path)/plugins"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            return path
        }
    }
}
