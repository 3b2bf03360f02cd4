import Foundation
import Testing

extension IntegrationTests {
    @Suite("lectern plugin diff", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct DiffTests {
        private let folder: TemporaryFolder
        private let old: String

        init() throws {
            folder = try TemporaryFolder()
            old = "\(folder.path)/old.so"
            try CPlugin.build("CounterInC/counter.c", to: old)
        }

        private struct Report: Decodable {
            struct Component: Decodable {
                struct Example: Decodable {
                    struct Field: Decodable {
                        var field: String
                        var old: String?
                        var new: String?
                    }
                    var key: String
                    var fields: [Field]
                }
                var component: String
                var old: Int
                var new: Int
                var added: Int
                var removed: Int
                var changed: Int
                var examples: [Example]
            }
            struct Refused: Decodable {
                struct Example: Decodable {
                    var place: String
                    var new: String?
                }
                var added: Int
                var examples: [Example]
            }
            var differs: Bool
            var events: Int
            var states: [Component]
            var rows: [Component]
            var refused: Refused
        }

        private func build(_ definitions: String..., name: String = "new") throws -> String {
            let path = "\(folder.path)/\(name).so"
            try CPlugin.build("CounterInC/counter.c", to: path, definitions: definitions)
            return path
        }

        private func diff(
            _ arguments: String...
        ) throws -> (exit: ChildProcess.Exit, printed: String, complained: String) {
            let process = try ChildProcess(Installation.lectern, ["plugin", "diff"] + arguments)
            return (try process.wait(), process.printed, process.complained)
        }

        private func report(_ text: String) throws -> Report {
            try JSONDecoder().decode(Report.self, from: Data(text.utf8))
        }

        @Test("two builds that do the same: 0")
        func same() throws {
            let group = try SimulatedClass(events: 3_000)
            let found = try diff(old, try build(), group.file, "--json")
            #expect(found.exit == .code(0), "\(found)")
            let report = try report(found.printed)
            #expect(!report.differs && report.events == 3_000)
            #expect(report.states.map(\.component) == ["counts"])
            #expect(report.states[0].old == report.states[0].new && report.states[0].old > 0)
        }

        @Test("a build that counts otherwise: 1, how many states, and examples by field")
        func changed() throws {
            let group = try SimulatedClass(events: 3_000)
            let found = try diff(old, try build("VERSION=2"), group.file, "--json", "--examples", "2")
            #expect(found.exit == .code(1), "\(found)")
            let states = try #require(try report(found.printed).states.first)
            #expect(states.changed == states.old && states.added == 0 && states.removed == 0)
            #expect(states.examples.count == 2)
            let field = try #require(states.examples[0].fields.first)
            #expect(field.field == "events")
            #expect(Int(field.new ?? "") == Int(field.old ?? "").map { $0 * 2 })
            let text = try diff(old, "\(folder.path)/new.so", group.file)
            #expect(text.printed.contains("\(states.changed) changed, 0 added, 0 removed"), "\(text.printed)")
            #expect(text.printed.contains("events/s") && text.printed.hasSuffix("they differ\n"))
        }

        @Test("a log of a host that runs is read, and gives what the host's states say")
        func log() throws {
            let plugins = "\(folder.path)/plugins"
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: old, toPath: "\(plugins)/counter.so")
            let host = try HostProcess(data: "\(folder.path)/data", plugins: plugins)
            let group = try SimulatedClass(events: 2_000)
            _ = try Replaying([group.file], to: host, []).finish()
            let found = try diff(old, try build("VERSION=2"), "--log", host.data, "--json")
            #expect(found.exit == .code(1), "\(found)")
            #expect(try report(found.printed).events == 2_000)

            let out = "\(folder.path)/out"
            try run(Installation.lectern, ["fold", "--log", "\(host.data)/log", "--plugins", plugins, "--out", out])
            let expected = try Folding(inputs: [group.file], plugins: plugins)()
            #expect(try lines(of: "\(out)/states.jsonl") == expected.states())
            #expect(try host.stop() == .code(0))
            #expect(try diff(old, old, "--log", host.data).exit == .code(0))
        }

        @Test("a build that traps is reported with what it was given: 2")
        func trap() throws {
            let group = try SimulatedClass(events: 3_000)
            let found = try diff(old, try build("TRAPS_ALWAYS"), group.file)
            #expect(found.exit == .code(2), "\(found)")
            #expect(found.complained.contains("new.so: counter-in-c, build "), "\(found.complained)")
            #expect(found.complained.contains("trapped (Illegal instruction) in reduce of counts, given "))
        }

        @Test("events that only the new build refuses, and rows that differ")
        func refusals() throws {
            let package = "\(folder.path)/quizzes"
            try run(Installation.lectern, ["plugin", "new", "quizzes", "--in", folder.path])
            let source = "\(package)/QuizzesPlugin/QuizzesPlugin.swift"
            func build(_ name: String) throws -> String {
                let path = "\(folder.path)/\(name).so"
                try run(Installation.lectern, ["plugin", "build", package, "--out", path], seconds: 600)
                return path
            }
            let before = try build("before")
            try String(contentsOfFile: source, encoding: .utf8).replacingOccurrences(of: "0...100", with: "0...90")
                .write(toFile: source, atomically: true, encoding: .utf8)
            let found = try diff(before, try build("after"), "\(package)/events.jsonl", "--json")
            #expect(found.exit == .code(1), "\(found)")
            let report = try report(found.printed)
            #expect(report.refused.added == 2)
            #expect(report.refused.examples.contains { $0.new?.contains("found 95") == true }, "\(report.refused)")
            let rows = try #require(report.rows.first)
            #expect(rows.component == "quizzes" && rows.old == 5 && rows.new == 4)
            #expect(rows.removed == 1 && rows.changed == 1 && rows.added == 0)
            #expect(rows.examples.contains { $0.key == "student ada, module arrays" })
        }

        @Test("what can't be compared is said: 2")
        func wrong() throws {
            let events = try folder.write("events.jsonl", lines: ["{}"])
            #expect(try diff(old, events, events).exit == .code(2))
            let nothing = try diff(old, old, "--log", folder.path)
            #expect(nothing.exit == .code(2))
            #expect(nothing.complained.contains("expected a host's data folder"))
            #expect(try diff(old, old).exit == .code(64))
        }
    }
}
