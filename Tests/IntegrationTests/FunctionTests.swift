import Foundation
import Testing

extension IntegrationTests {
    @Suite("Functions of plugins", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct FunctionTests {
        private let folder: TemporaryFolder
        private var plugins: String { "\(folder.path)/plugins" }
        private var data: String { "\(folder.path)/data" }

        private static let events = [
            #"{"event_type":"x","user_id":"ada","timestamp":"2026-01-31T10:00:00Z"}"#,
            #"{"event_type":"x","user_id":"bob","timestamp":"2026-01-31T09:00:00Z"}"#,
            #"{"event_type":"x","user_id":"ada","timestamp":"2026-01-31T09:30:00Z"}"#,
        ]

        /// A folder with a plugin that has a table and one that has functions.
        init() throws {
            folder = try TemporaryFolder()
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/plugins", withIntermediateDirectories: true)
            try CPlugin.build("CounterInC/counter.c", to: "\(folder.path)/plugins/counter.so")
            try install([])
        }

        private func install(_ definitions: [String]) throws {
            let made = "\(folder.path)/functions.\(definitions.joined())"
            try CPlugin.build("FunctionsInC/functions.c", to: made, definitions: definitions)
            let library = try Data(contentsOf: URL(filePath: made)) + Data("\(definitions)".utf8)
            try library.write(to: URL(filePath: "\(plugins)/functions.so"), options: .atomic)
        }

        private func setting(_ column: String, _ value: String) -> String {
            "tables.counter-in-c.actors.columns.\(column)=\(value)"
        }

        private func host(_ settings: [String]) throws -> HostProcess {
            try HostProcess(data: data, plugins: plugins, settings: ["ingest.trust=loopback"] + settings)
        }

        private func send(_ events: [String], to host: HostProcess) throws {
            for event in events { #expect(try host.request("/api/v1/events", ["-d", event]).status == 200) }
        }

        private func table(of host: HostProcess) throws -> String {
            try host.request("/api/v1/tables/counter-in-c/actors").body
        }

        @Test("derive columns of a table of another plugin in a fold")
        func fold() throws {
            let events = try folder.write("events.jsonl", lines: Self.events)
            let folding = Folding(
                inputs: [events],
                settings: [
                    setting("half", "half(events)"), setting("later", "next_day(last)"),
                    setting("level", "{title: How many, value: \"level(sum(events, 48))\"}"),
                ], plugins: plugins)
            let folded = try folding()
            #expect(
                try lines(of: "\(folded.folder.path)/tables/counter-in-c.actors.jsonl") == [
                    #"{"actor":"ada","events":2,"last":"2026-01-31T10:00:00Z","half":1,"later":"2026-02-01T10:00:00Z","#
                        + #""level":"high"}"#,
                    #"{"actor":"bob","events":1,"last":"2026-01-31T09:00:00Z","half":0.5,"later":"2026-02-01T09:00:00Z","#
                        + #""level":"low"}"#,
                ])
        }

        @Test("derive columns of thousands of rows, and in every way the same")
        func manyRows() throws {
            let events = try folder.write(
                "events.jsonl",
                lines: (0..<3_000).map { #"{"event_type":"x","user_id":"student \#($0)"}"# })
            var folding = Folding(inputs: [events], settings: [setting("name", "initial(actor)")], plugins: plugins)
            let once = try folding()
            let rows = try once.rows(of: "counter-in-c.actors")
            #expect(rows.count == 3_000 && rows.allSatisfy { $0["name"] == "s" })
            folding.shards = 3
            let again = try folding()
            let name = "tables/counter-in-c.actors.jsonl"
            #expect(try lines(of: "\(again.folder.path)/\(name)") == lines(of: "\(once.folder.path)/\(name)"))
        }

        @Test("of a plugin in Swift derive columns as well")
        func swift() throws {
            let group = try SimulatedClass(events: 500)
            let folded = try Folding(
                inputs: [group.file],
                settings: ["tables.quiz-analytics.learners.columns.mark=mark(forgetting(average_score, 0))"])()
            let rows = try folded.rows(of: "quiz-analytics.learners")
            #expect(!rows.isEmpty)
            for row in rows {
                let score = Double(row["average_score"] ?? "")
                let mark = score.map { $0 >= 90 ? "A" : $0 >= 80 ? "B" : $0 >= 70 ? "C" : $0 >= 60 ? "D" : "F" }
                #expect(row["mark"] == mark ?? "")
            }
        }

        @Test("that are missing stop a fold, a host and a check of the settings with the place and the reason")
        func missing() throws {
            let events = try folder.write("events.jsonl", lines: Self.events)
            let wrong = setting("risk", "halve(events)")
            for arguments in [
                ["fold", events], ["serve", "--data", data, "--listen", "127.0.0.1:0"], ["config", "check"],
            ] {
                let process = try ChildProcess(
                    Installation.lectern, arguments + ["--plugins", plugins, "--set", wrong])
                #expect(try process.wait() == .code(1))
                #expect(
                    process.complained.contains("tables.counter-in-c.actors.columns.risk, “halve(events)”: expected a")
                        && process.complained.contains("did you mean “half”?"), "\(process.complained)")
            }
        }

        @Test("derive columns that a running host shows and keeps up to date")
        func live() throws {
            let host = try host([setting("half", "{title: Half of them, value: \"half(events)\"}")])
            try send(Self.events, to: host)
            let column = #"{"name":"half","title":"Half of them","type":"number","key":false}"#
            #expect(try eventually { try table(of: host).contains(#""events":2,"#) })
            let body = try table(of: host)
            #expect(body.contains(column) && body.contains(#""half":1}"#) && body.contains(#""half":0.5}"#), "\(body)")
            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""half":2}"#) })
            #expect(
                try host.request("/api/v1/plugins").body.contains(
                    #""functions":["forgetting(score: number, days: number) -> number","#))
        }

        @Test("that a derived column calls can't be taken away by a reload, nor change their types")
        func refusedRemoval() throws {
            let host = try host([setting("left", "forgetting(events, 1)"), setting("more", "sum(events, 1)")])
            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""left":1,"more":3}"#) })

            try install([#"FORGETTING="other""#])
            let renamed = try host.reload()
            #expect(renamed.status == 409, "\(renamed.body)")
            let reason =
                "The plugins before go on: column left of table counter-in-c/actors calls "
                + "forgetting(score: number, days: number) -> number of plugin functions-in-c: "
                + "expected the same function in its new build, found none"
            #expect(renamed.body.contains(reason), "\(renamed.body)")
            let tokens = "\(data)/tokens"
            let command = try ChildProcess(
                Installation.lectern, ["plugin", "reload", "--to", host.address, "--token", tokens])
            #expect(try command.wait() == .code(1) && command.complained.contains(reason))

            try install(["TYPE=LECTERN_COLUMN_TIME"])
            let changed = try host.reload()
            #expect(changed.status == 409 && changed.body.contains("found sum(a: time, b: integer) -> integer"))

            try FileManager.default.removeItem(atPath: "\(plugins)/functions.so")
            #expect(try host.reload().status == 409)
            // A test that fails leaves the build before running as well.
            try install(["EXPECTED=21"])
            #expect(try host.reload().body.contains("function forgetting, test (80.0, 2.0): wanted 21.0"))

            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""left":2,"more":5}"#) })
        }

        @Test("go on in a new build that has them, too")
        func replaced() throws {
            let host = try host([setting("left", "forgetting(events, 1)")])
            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""left":1}"#) })
            try install(["TYPE=LECTERN_COLUMN_TIME"])
            let answer = try host.reload()
            #expect(answer.status == 200 && answer.body.contains(#""id":"functions-in-c","change":"replaced""#))
            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""left":2}"#) })
            // The table may go with its column, and the functions after it.
            try FileManager.default.removeItem(atPath: "\(plugins)/counter.so")
            try FileManager.default.removeItem(atPath: "\(plugins)/functions.so")
            #expect(try host.reload().status == 200)
        }

        @Test("of a plugin that was put away can still be called")
        func quarantined() throws {
            let list = try JSONDecoder().decode(
                PluginList.self,
                from: Data(run(Installation.lectern, ["plugin", "list", "--json", "--plugins", plugins]).utf8))
            let build = try #require(list.plugins.first { $0.id == "functions-in-c" }).build
            let entry = #"{"plugin":"functions-in-c","kind":"off","since":1,"reason":"it trapped"}"#
            _ = try folder.write("data/quarantine.json", #"{"\#(build)":\#(entry)}"#.utf8)
            let host = try host([setting("half", "half(events)")])
            try send(Self.events, to: host)
            #expect(try eventually { try table(of: host).contains(#""half":"#) })
            #expect(try host.reload().status == 200)
        }

        @Test("are tried by a check of their plugin")
        func check() throws {
            let library = "\(plugins)/functions.so"
            let printed = try run(Installation.lectern, ["plugin", "check", library])
            #expect(
                printed.contains("forgetting(score: number, days: number) -> number") && printed.contains("17 tests"))
            try install(["EXPECTED=21"])
            let process = try ChildProcess(Installation.lectern, ["plugin", "check", library])
            #expect(try process.wait() == .code(1))
            let line = process.printed.split(separator: "\n").first { $0.hasPrefix("FAILED") } ?? ""
            #expect(
                line.contains("functions")
                    && line.contains("function forgetting, test (80.0, 2.0): expected 21.0 ± 0.001"),
                "\(process.printed)")
        }

        @Test("that trap are one failed check of their plugin")
        func trap() throws {
            try install(["TRAPS"])
            let process = try ChildProcess(Installation.lectern, ["plugin", "check", "\(plugins)/functions.so"])
            #expect(try process.wait() == .code(1))
            let line = process.printed.split(separator: "\n").first { $0.hasPrefix("FAILED") } ?? ""
            #expect(line.contains("while it was loaded, and its functions were called with their tests"), "\(line)")
        }
    }
}
