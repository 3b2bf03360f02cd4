import Foundation
import Testing

extension IntegrationTests {
    @Suite("An author's commands")
    struct PluginKitTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func lectern(
            _ arguments: String..., seconds: Double = 60
        ) throws -> (exit: ChildProcess.Exit, printed: String, complained: String) {
            let process = try ChildProcess(Installation.lectern, arguments)
            return (try process.wait(seconds: seconds), process.printed, process.complained)
        }

        /// The lines of a check's report, by what they are about.
        private func checks(_ printed: String) throws -> [String: [String: String]] {
            let report = try JSONRow.object(printed)
            let lines = report["checks"] as? [[String: Any]] ?? []
            return Dictionary(
                lines.map { ($0["check"] as? String ?? "", $0.mapValues { "\($0)" }) }, uniquingKeysWith: { $1 })
        }

        /// Compiles the plugin in C, with a change to its source.
        private func counter(
            changing old: String = "", to new: String = "", definitions: [String] = []
        ) throws -> String {
            var source = try String(
                contentsOfFile: "\(Installation.repository)/Tests/Plugins/CounterInC/counter.c", encoding: .utf8)
            if !old.isEmpty {
                guard source.contains(old) else { throw Failure("counter.c no longer has \(old)") }
                source = source.replacingOccurrences(of: old, with: new)
            }
            let file = try folder.write("counter.c", source.utf8)
            let library = "\(folder.path)/counter-in-c.so"
            try run(
                "gcc",
                [
                    "-std=c11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden", "-Wl,-z,nodelete,-z,defs,--build-id",
                    "-I",
                ]
                    + ["\(Installation.repository)/PluginAPI/CPluginAPI/include", file, "-o", library]
                    + definitions.map { "-D\($0)" })
            return library
        }

        private var events: [String] {
            (0..<40).map {
                "{\"event_type\":\"x\",\"user_id\":\"u\($0 % 7)\",\"timestamp\":\"2026-01-31T10:\(10 + $0):00Z\"}"
            }
        }

        @Test("make a package that builds, passes its test and every check, and shows a dashboard")
        func newPlugin() throws {
            let made = try lectern("plugin", "new", "reading-time", "--in", folder.path)
            #expect(made.exit == .code(0), "\(made.complained)")
            let package = "\(folder.path)/reading-time"
            #expect(made.printed.contains("plugin build \(package)"))

            let built = try lectern("plugin", "build", package, "--json", seconds: 600)
            #expect(built.exit == .code(0), "\(built.complained)")
            let library = "\(package)/build/reading-time.so"
            let identity = try JSONRow.cells(of: built.printed)
            #expect(identity["file"] == library && identity["id"] == "reading-time")

            let tested = try lectern("plugin", "test", package, seconds: 600)
            #expect(tested.exit == .code(0), "\(tested.complained)")
            #expect(tested.complained.contains("1 test"))

            let group = try SimulatedClass(events: 2_000)
            let checked = try lectern("plugin", "check", library, "--events", group.file, "--json")
            #expect(checked.exit == .code(0), "\(checked.printed)\(checked.complained)")
            let checks = try checks(checked.printed)
            #expect(checks.values.allSatisfy { $0["result"] == "ok" }, "\(checked.printed)")
            #expect(checks["dashboards"]?["detail"]?.hasPrefix("class") == true)
            try expectPortable(package, makesTheSameOf: group.file)
        }

        /// The same package with a runtime of its own folds the same in a worker, and gets one where others run in the host.
        private func expectPortable(_ package: String, makesTheSameOf events: String) throws {
            let plugins = "\(folder.path)/portable"
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            let built = try lectern(
                "plugin", "build", package, "--portable", "--out", "\(plugins)/reading-time.so", seconds: 600)
            #expect(built.exit == .code(0), "\(built.complained)")
            let host = try HostProcess(
                data: "\(folder.path)/data", plugins: plugins,
                settings: ["ingest.trust=loopback", "plugins.placement=inprocess"])
            #expect(try host.request("/api/v1/plugins").body.contains("\"placement\":\"worker\""))
            _ = try Replaying([events], to: host).finish()
            let expected = try Folding(inputs: [events], plugins: "\(package)/build")().statesByComponent()
            let (component, states) = try #require(expected.first)
            let reducer = String(component.split(separator: ".")[1])
            #expect(
                try eventually(seconds: 10) {
                    try host.states(of: "reading-time", reducer).sorted() == states.sorted()
                })
        }

        @Test("a package that does not compile says what the compiler says, and ends with 1")
        func compileError() throws {
            _ = try lectern("plugin", "new", "broken", "--in", folder.path)
            let source = "\(folder.path)/broken/BrokenPlugin/BrokenPlugin.swift"
            try folder.write("broken/BrokenPlugin/BrokenPlugin.swift", "let a: Int = \"no number\"\n".utf8)
            let built = try lectern("plugin", "build", "\(folder.path)/broken", seconds: 600)
            #expect(built.exit == .code(1))
            #expect(built.printed.isEmpty)
            #expect(built.complained.contains("\(source):1:14: error:"), "\(built.complained)")
        }

        @Test(
            "a package is never written over, and names are checked", arguments: ["Reading", "1a", "a_b", "../a", ""])
        func names(name: String) throws {
            let refused = try lectern("plugin", "new", name, "--in", folder.path)
            #expect(refused.exit == .code(1))
            #expect(refused.complained.hasPrefix("error: the name of a plugin: expected a lower-case letter"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }

        @Test("a folder that is there already stays as it is")
        func existing() throws {
            try folder.write("mine/notes.txt", "mine".utf8)
            let refused = try lectern("plugin", "new", "mine", "--in", folder.path)
            #expect(refused.exit == .code(1))
            #expect(refused.complained.contains("is there already"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/mine") == ["notes.txt"])
        }

        @Test("a sound library in C passes", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
        func sound() throws {
            let events = try folder.write("events.jsonl", lines: events)
            let checked = try lectern("plugin", "check", try counter(), "--events", events)
            #expect(checked.exit == .code(0), "\(checked.printed)")
            #expect(checked.printed.contains("0 failed"))
        }

        @Test(
            "migrations are tried there and back",
            .enabled(if: Installation.isCompilerExpected, "needs gcc"))
        func migrations() throws {
            let events = try folder.write("events.jsonl", lines: events)
            let library = try counter(
                changing: "#ifndef VERSION\n", to: "#define VERSION 2\n#define MIGRATES 1000\n#ifndef VERSION\n")
            let checked = try lectern("plugin", "check", library, "--events", events, "--json")
            #expect(checked.exit == .code(0), "\(checked.printed)")
            let detail = try checks(checked.printed)["reducer counts, migrations"]?["detail"]
            #expect(detail == "2 to 1: the empty state and 7 of the events, and 8 come back as they were")
        }

        @Test(
            "states that wait for time are given ticks, alone and between events",
            .enabled(if: Installation.isCompilerExpected, "needs gcc"))
        func ticks() throws {
            let events = try folder.write("events.jsonl", lines: events)
            let checked = try lectern(
                "plugin", "check", try counter(definitions: ["TIMER"]), "--events", events, "--json")
            #expect(checked.exit == .code(0), "\(checked.printed)")
            let found = try checks(checked.printed)
            #expect(
                found["reducer counts, ticks"]?["detail"]
                    == "the empty state and 7 of the events: 7 ask for ticks, and each of 140 gives the same and moves on"
            )
            #expect(found["fold with ticks, a restart in the middle"]?["result"] == "ok")
        }

        @Test(
            "a timer that breaks a rule fails the check of ticks",
            .enabled(if: Installation.isCompilerExpected, "needs gcc"),
            arguments: [
                // Is due again at once.
                (
                    "ticked->last = time;", "(void)time;", "reducer counts, ticks",
                    "expected a tick to move `due` beyond its time, found 2026-01-31T"
                ),
                // Remembers beside its states.
                (
                    "ticked->events += COUNTS;", "static uint64_t all; ticked->events += ++all;",
                    "reducer counts, ticks", "to give the same each time, found {"
                ),
                (
                    "ticked->events += COUNTS;", "static uint64_t all; ticked->events += ++all;",
                    "fold with ticks, a restart in the middle", "expected states of SHA-256"
                ),
                // Asks by something else than the state.
                (
                    "return asked->events == 0 ? LECTERN_NEVER :",
                    "static int64_t calls; return asked->events == 0 ? LECTERN_NEVER : ++calls +",
                    "reducer counts, ticks", "expected `due` to follow from the state alone"
                ),
            ])
        func brokenTimer(old: String, new: String, check: String, detail: String) throws {
            let events = try folder.write("events.jsonl", lines: events)
            let library = try counter(changing: old, to: new, definitions: ["TIMER"])
            let checked = try lectern("plugin", "check", library, "--events", events, "--json")
            let found = try checks(checked.printed)
            #expect(checked.exit == .code(1))
            #expect(found[check]?["result"] == "failed", "\(checked.printed)")
            #expect(found[check]?["detail"]?.contains(detail) == true, "\(checked.printed)")
            #expect(found["fold"]?["result"] == "ok")
        }

        @Test(
            "a broken library fails the check that it breaks, and no other way",
            .enabled(if: Installation.isCompilerExpected, "needs gcc"),
            arguments: [
                // Traps on what was cut off.
                (
                    "if (length < 6 || memcmp", "if (length < 6) __builtin_trap();\n  if (memcmp",
                    "reducer counts, cut-off states", "while decode was given beginnings of {\"last\":"
                ),
                // Reads beyond the end.
                (
                    "if ((size_t)(end - *from) < bytes) return false;", "", "reducer counts, cut-off states",
                    "was ended by SIGSEGV"
                ),
                // Integers that are longer than need be.
                (
                    "value < 24 ? 0 : value <= 0xff ? 1", "value <= 0xff ? 1", "reducer counts, states",
                    "a length or integer in 0 bytes, found the same in 1"
                ),
                // Converts otherwise the second time.
                (
                    "#ifndef VERSION\n", "#define VERSION 2\n#define MIGRATES 1\n#ifndef VERSION\n",
                    "reducer counts, migrations", "2 to 1: expected the same each time, found"
                ),
                // Remembers beside its states.
                (
                    "changed->events += COUNTS;", "static uint64_t all; changed->events += ++all;",
                    "fold, a restart in the middle", "expected states of SHA-256"
                ),
                // Writes nothing.
                (
                    "writer->write(writer->context, bytes, length);", "", "reducer counts, states",
                    "expected an item, found the end"
                ),
                // Shows others what is its own.
                (
                    "static void init(",
                    "__attribute__((visibility(\"default\"))) void leak(void) {}\nstatic void init(",
                    "symbols", "found 1 more (leak)"
                ),
            ])
        func broken(old: String, new: String, check: String, detail: String) throws {
            let events = try folder.write("events.jsonl", lines: events)
            let library = try counter(changing: old, to: new)
            let checked = try lectern("plugin", "check", library, "--events", events, "--json")
            let found = try checks(checked.printed)
            #expect(checked.exit == .code(1))
            #expect(found[check]?["result"] == "failed", "\(checked.printed)")
            #expect(found[check]?["detail"]?.contains(detail) == true, "\(checked.printed)")
            #expect(found["loading"]?["result"] == "ok")
        }

        @Test("what is no plugin fails at its note, and nothing of it is run")
        func noPlugin() throws {
            let file = try folder.write("text.so", "no library".utf8)
            let checked = try lectern("plugin", "check", file)
            #expect(checked.exit == .code(1))
            #expect(checked.printed.contains("FAILED   note"))
            #expect(checked.printed.contains("expected an ELF shared library"))
        }
    }
}
