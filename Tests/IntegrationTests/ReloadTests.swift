import Foundation
import Testing

extension IntegrationTests {
    @Suite("Plugins that are replaced while the host runs", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct ReloadTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }
        private var plugins: String { "\(folder.path)/plugins" }

        init() throws {
            folder = try TemporaryFolder()
            for name in ["data", "plugins"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
            }
        }

        /// Builds the counter and puts it into the folder in one step, as a build of its own: its bytes are no others'.
        private func install(_ defines: [String] = [], stamp: Int = 0) throws {
            let made = "\(folder.path)/counter.\(defines.joined())"
            if !FileManager.default.fileExists(atPath: made) {
                try CPlugin.build("CounterInC/counter.c", to: made, definitions: defines)
            }
            let stamped = try Data(contentsOf: URL(filePath: made)) + Data("build \(stamp)".utf8)
            try stamped.write(to: URL(filePath: "\(plugins)/counter.so"), options: .atomic)
        }

        private func counts(_ host: HostProcess) throws -> [String] {
            try host.states(of: "counter-in-c", "counts").sorted()
        }

        private func send(_ events: Int, to host: HostProcess) throws -> SimulatedClass {
            let group = try SimulatedClass(events: events)
            _ = try Replaying([group.file], to: host, []).finish()
            return group
        }

        private func expectStates(of host: HostProcess, toEqualTheFoldOf file: String) throws {
            let expected = try Folding(inputs: [file], plugins: plugins)().statesByComponent()
            let states = try #require(expected["counter-in-c.counts"])
            #expect(!states.isEmpty)
            #expect(try eventually(seconds: 10) { try counts(host) == states.sorted() })
        }

        @Test(
            "50 builds of two state versions under load, and a crash: each event counts once",
            arguments: ["worker", "inprocess"])
        func underLoad(_ placement: String) throws {
            try install()
            let group = try SimulatedClass(events: 40_000)
            let host = try HostProcess(
                data: data, plugins: plugins, settings: ["ingest.trust=loopback", "plugins.placement=\(placement)"])
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "2500", "--window", "64"])
            for build in 1...50 {
                // Two builds of each version in turn: the states are carried over, or made anew from the first record.
                try install(build / 2 % 2 == 0 ? [] : ["VERSION=2"], stamp: build)
                let answer = try host.reload()
                #expect(answer.status == 200, "\(answer.body)")
                #expect(answer.body.contains("\"change\":\"replaced\""))
                if build == 6 {
                    #expect(replay.isRunning, "there was nothing more to come")
                    host.crash()
                    try host.restart()
                }
            }
            let maps = try run("cat", ["/proc/\(host.processID)/maps"])
            let builds = maps.split(separator: "\n").filter { $0.contains("/generations/") }
                .compactMap { $0.split(separator: "/").last }
            #expect(placement == "worker" ? builds.isEmpty : Set(builds).count >= 30, "a mapping for each build")
            #expect(try replay.finish().acknowledged == 40_000)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            #expect(try host.stop() == .code(0))
            try host.restart()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("a new version of the states is made from the first record on")
        func rebuilt() throws {
            try install()
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try send(2_000, to: host)
            try install(["VERSION=2"])
            let answer = try host.reload()
            #expect(
                answer.body.contains("\"rebuilt\":[\"counter-in-c\"]") && answer.body.contains("\"pause\":"),
                "\(answer.body)")
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("a version that changed while the host was down is made anew as well")
        func whileDown() throws {
            try install()
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try send(2_000, to: host)
            #expect(try host.stop() == .code(0))
            try install(["VERSION=2"])
            try host.restart()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test(
            "states pass to another version and back by migrations, whatever crashes come between",
            arguments: ["worker", "inprocess"])
        func migrated(_ placement: String) throws {
            try install()
            let group = try SimulatedClass(events: 20_000)
            let host = try HostProcess(
                data: data, plugins: plugins, settings: ["ingest.trust=loopback", "plugins.placement=\(placement)"])
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "2500", "--window", "64"])
            #expect(try eventually(seconds: 10) { try !counts(host).isEmpty })
            // Only the build of version 2 has the edges: up to it, and down from it.
            for build in 1...12 {
                try install(build % 2 == 0 ? [] : ["VERSION=2", "MIGRATES=1000000"], stamp: build)
                let answer = try host.reload()
                #expect(answer.body.contains("\"rebuilt\":[]"), "\(answer.body)")
                #expect(answer.body.contains("\"migrated\":[\"counter-in-c\"]"), "\(answer.body)")
                if build % 4 == 0 {
                    host.crash()
                    try host.restart()
                }
            }
            #expect(try replay.finish().acknowledged == 20_000)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            #expect(try host.stop() == .code(0))
            try install(["VERSION=2", "MIGRATES=1000000"], stamp: 13)
            try host.restart()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test(
            "a migration that fails at the last state leaves the build before where it is, and says why",
            arguments: ["worker", "inprocess"])
        func migrationFails(_ placement: String) throws {
            try install()
            let host = try HostProcess(
                data: data, plugins: plugins, settings: ["ingest.trust=loopback", "plugins.placement=\(placement)"])
            let group = try send(2_000, to: host)
            #expect(try eventually(seconds: 10) { try !counts(host).isEmpty })
            #expect(try host.stop() == .code(0))
            try host.restart()
            let states = try counts(host)
            try install(["VERSION=2", "MIGRATES=\(states.count - 1)"])
            let refused = try host.reload()
            #expect(refused.status == 409)
            #expect(
                refused.body.contains("can't migrate counts from version 1 to 2")
                    && refused.body.contains("this state is too much") && refused.body.contains("plugin rebuild"),
                "\(refused.body)")
            #expect(try counts(host) == states)
            // The operator can do without.
            #expect(try host.change("counter-in-c", "rebuild").status == 200)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("what fails leaves the build before where it is, and says why")
        func failures() throws {
            try install()
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try send(2_000, to: host)
            #expect(try eventually(seconds: 10) { try !counts(host).isEmpty })
            try install(["FORGETS"])
            let unreadable = try host.reload()
            #expect(unreadable.status == 409)
            #expect(unreadable.body.contains("can't read") && unreadable.body.contains("counts"), "\(unreadable.body)")

            try Data("no library".utf8).write(to: URL(filePath: "\(plugins)/counter.so"), options: .atomic)
            let refused = try host.reload()
            #expect(refused.status == 200)
            #expect(
                refused.body.contains("counter.so refused") && refused.body.contains("\"changes\":[]"),
                "\(refused.body)")
            #expect(try host.reload("nobody").status == 404)

            try install()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("a build that ends its worker on recorded events is refused before it takes over")
        func shadow() throws {
            try install()
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try send(2_000, to: host)
            try install(["TRAPS_ALWAYS"])
            let answer = try host.reload()
            #expect(answer.status == 409)
            #expect(
                answer.body.contains("tried on the last") && answer.body.contains("trapped (Illegal instruction)"),
                "\(answer.body)")
            #expect(!host.complained.contains("trapped"))
            try install()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("a build that counts otherwise says so before anything is shown")
        func differences() throws {
            try install()
            let host = try HostProcess(data: data, plugins: plugins)
            _ = try send(500, to: host)
            try install(stamp: 1)
            #expect(try host.reload().body.contains("\"changed\":0}"))
            try install(["COUNTS=3"])
            let answer = try host.reload()
            #expect(answer.body.contains("\"shadow\":[{\"id\":\"counter-in-c\""), "\(answer.body)")
            #expect(!answer.body.contains("\"changed\":0}"), "\(answer.body)")
        }

        @Test(
            "an operator goes back to the build before, for good, and forth again", arguments: ["worker", "inprocess"])
        func rolledBack(_ placement: String) throws {
            try install()
            try FileManager.default.createDirectory(
                atPath: "\(folder.path)/first", withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: "\(plugins)/counter.so", toPath: "\(folder.path)/first/counter.so")
            let host = try HostProcess(
                data: data, plugins: plugins, settings: ["ingest.trust=loopback", "plugins.placement=\(placement)"])
            let early = try host.change("counter-in-c", "rollback")
            #expect(early.status == 409 && early.body.contains("No build of counter-in-c is known"), "\(early.body)")
            let group = try send(1_000, to: host)
            try install(["VERSION=2"])
            #expect(try host.reload().status == 200)

            let arguments = ["plugin", "rollback", "counter-in-c", "--to", host.address, "--token", "\(data)/tokens"]
            #expect(try run(Installation.lectern, arguments).contains("counter-in-c replaced: build "))
            let again = try host.change("counter-in-c", "rollback")
            #expect(again.status == 409 && again.body.contains("has gone back already"), "\(again.body)")
            #expect(try host.request("/api/v1/plugins").body.contains("an operator went back to the build before"))
            #expect(try host.stop() == .code(0))
            try host.restart()
            let expected = try Folding(inputs: [group.file], plugins: "\(folder.path)/first")().statesByComponent()
            #expect(try eventually(seconds: 10) { try counts(host) == expected["counter-in-c.counts"]?.sorted() })

            #expect(try host.change("counter-in-c", "release").status == 200)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test(
            "a plugin's states are kept in the store that the settings name for it", arguments: ["worker", "inprocess"])
        func ownStore(_ placement: String) throws {
            try install()
            let settings = [
                "ingest.trust=loopback", "plugins.placement=\(placement)", "kvs.default.type=sqlite",
                "kvs.own.type=filesystem", "kvs.own.path=own", "plugins.counter-in-c.store=own",
            ]
            let host = try HostProcess(data: data, plugins: plugins, settings: settings)
            let group = try send(1_000, to: host)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            #expect(try host.stop() == .code(0))
            let key = "Internal,counter-in-c.counts@1"
            let options = ["--data", data] + settings.flatMap { ["--set", $0] }
            #expect(try run(Installation.lectern, ["kvs", "keys", key, "--store", "own"] + options).contains(key))
            #expect(try run(Installation.lectern, ["kvs", "keys", key] + options).isEmpty)
            // It goes on from there, and is made anew there.
            try host.restart()
            try install(["VERSION=2"])
            #expect(try host.reload().body.contains("\"rebuilt\":[\"counter-in-c\"]"))
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("a store that is not there is named before anything starts")
        func unknownStore() throws {
            let process = try ChildProcess(
                Installation.lectern, ["config", "check", "--set", "plugins.counter-in-c.store=nowhere"])
            #expect(try process.wait() == .code(1))
            #expect(process.complained.contains("plugins.counter-in-c.store"), "\(process.complained)")
            #expect(
                process.complained.contains("expected a store of the section kvs: default"), "\(process.complained)")
        }

        @Test("plugins come and go, and their states are kept")
        func comeAndGo() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try send(1_000, to: host)
            try install()
            #expect(try host.reload().body.contains("\"change\":\"added\""))
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            try FileManager.default.removeItem(atPath: "\(plugins)/counter.so")
            #expect(try host.reload().body.contains("\"change\":\"removed\""))
            #expect(try host.request("/api/v1/states/counter-in-c/counts").status == 404)
            try install(stamp: 7)
            #expect(try host.reload().body.contains("\"rebuilt\":[]"))
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("the command says what has changed, and fails if something was refused")
        func command() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            let arguments = ["plugin", "reload", "--to", host.address, "--token", "\(data)/tokens"]
            #expect(try run(Installation.lectern, arguments).contains("nothing has changed"))
            try install()
            let printed = try run(Installation.lectern, arguments)
            #expect(printed.contains("counter-in-c added: build ") && printed.contains("took over after"), "\(printed)")
            try Data("no library".utf8).write(to: URL(filePath: "\(plugins)/other.so"))
            #expect(throws: (any Error).self) { try run(Installation.lectern, arguments) }
        }

        @Test("only operators may")
        func operators() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            #expect(try host.request("/api/v1/plugins/reload", ["-X", "POST"]).status == 401)
        }
    }
}

extension HostProcess {
    /// Has the plugins' folder looked at, as an operator.
    func reload(_ id: String? = nil) throws -> Answer { try change(id, "reload") }

    /// Asks for a change of a plugin, or of all, as an operator.
    func change(_ id: String?, _ action: String) throws -> Answer {
        try operate("/api/v1/plugins/\(id.map { "\($0)/" } ?? "")\(action)", ["-X", "POST"])
    }
}
