import Foundation
import Testing

extension IntegrationTests {
    @Suite("Plugins that operators enable and disable", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct SwitchTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }
        private var plugins: String { "\(folder.path)/plugins" }

        init() throws {
            folder = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/counter.so")
        }

        private func counts(_ host: HostProcess) throws -> [String] {
            try host.states(of: "counter-in-c", "counts").sorted()
        }

        private func expectStates(of host: HostProcess, toEqualTheFoldOf file: String) throws {
            let expected = try Folding(inputs: [file], plugins: plugins)().statesByComponent()
            let states = try #require(expected["counter-in-c.counts"])
            #expect(!states.isEmpty)
            #expect(try eventually(seconds: 10) { try counts(host) == states.sorted() })
        }

        private func lectern(_ action: String, _ host: HostProcess, _ plugin: String = "counter-in-c") throws
            -> (exit: ChildProcess.Exit, printed: String, complained: String)
        {
            let process = try ChildProcess(
                Installation.lectern,
                ["plugin", action, plugin, "--to", host.address, "--token", "\(host.data)/tokens"])
            return (try process.wait(), process.printed, process.complained)
        }

        @Test("off and on again under load, with a crash while it is off: the states are those of one fold")
        func underLoad() throws {
            let group = try SimulatedClass(events: 40_000)
            let host = try HostProcess(data: data, plugins: plugins)
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "4000", "--window", "64"])
            for turn in 1...5 {
                try replay.waitForAcknowledgement(of: turn * 5_000)
                let off = try host.change("counter-in-c", "disable")
                #expect(off.status == 200, "\(off.body)")
                #expect(off.body.contains("\"change\":\"removed\""))
                #expect(try host.request("/api/v1/states/counter-in-c/counts").status == 404)
                if turn == 3 {
                    host.crash()
                    try host.restart()
                    #expect(try host.request("/api/v1/states/counter-in-c/counts").status == 404)
                }
                try replay.waitForAcknowledgement(of: turn * 5_000 + 2_000)
                let on = try host.change("counter-in-c", "enable")
                #expect(on.status == 200, "\(on.body)")
                #expect(on.body.contains("\"change\":\"added\"") && on.body.contains("\"rebuilt\":[]"))
            }
            #expect(try replay.finish().acknowledged == 40_000)
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            #expect(try host.stop() == .code(0))
            try host.restart()
            try expectStates(of: host, toEqualTheFoldOf: group.file)
        }

        @Test("it stays off until it is enabled, and everybody is told why")
        func told() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            let off = try lectern("disable", host)
            #expect(off.exit == .code(0) && off.printed.contains("counter-in-c removed"), "\(off)")
            #expect(try lectern("disable", host).printed.contains("is off already"))
            #expect(try host.stop() == .code(0))
            try host.restart()

            let reason = "an operator has disabled it"
            #expect(try host.request("/api/v1/plugins").body.contains(reason))
            for page in ["/", "/dashboards"] { #expect(try host.request(page).body.contains(reason)) }
            let page = try host.request("/dashboards/counter-in-c/any", ["-H", "Accept: text/html"])
            #expect(page.status == 404 && page.body.contains("<h1>counter-in-c is off</h1>"), "\(page.body)")
            #expect(page.body.contains(reason) && page.body.contains("What it has counted is kept"))
            let listed = try run(Installation.lectern, ["plugin", "list", "--plugins", plugins, "--data", data])
            #expect(listed.contains("counter-in-c 1.0.0 off: \(reason)"), "\(listed)")

            let on = try lectern("enable", host)
            #expect(on.exit == .code(0) && on.printed.contains("counter-in-c added"), "\(on)")
            #expect(try lectern("enable", host).printed.contains("was not disabled"))
            #expect(try !host.request("/").body.contains(reason))
        }

        @Test("the settings win, and a request that contradicts them is refused")
        func settings() throws {
            let host = try HostProcess(data: data, plugins: plugins, settings: ["plugins.counter-in-c.enabled=true"])
            let refused = try lectern("disable", host)
            #expect(refused.exit == .code(1))
            #expect(refused.complained.contains("The settings say plugins.counter-in-c.enabled: true"), "\(refused)")
            #expect(try host.stop() == .code(0))

            // Disabled while the settings said nothing; now they say that it is on.
            let silent = try HostProcess(data: data, plugins: plugins, settings: [])
            #expect(try lectern("disable", silent).exit == .code(0))
            #expect(try silent.stop() == .code(0))
            try host.restart()
            #expect(try host.request("/api/v1/states/counter-in-c/counts").status == 200)
            #expect(host.complained.contains("an operator has disabled counter-in-c"), "\(host.complained)")
            #expect(try host.stop() == .code(0))

            let off = try HostProcess(data: data, plugins: plugins, settings: ["plugins.counter-in-c.enabled=false"])
            #expect(try lectern("enable", off).complained.contains("plugins.counter-in-c.enabled: false"))
        }

        @Test("what is no plugin, and who is no operator")
        func wrong() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            #expect(try host.change("nobody", "disable").status == 404)
            #expect(try host.request("/api/v1/plugins/counter-in-c/disable", ["-X", "POST"]).status == 401)
            #expect(try host.request("/api/v1/plugins/counter-in-c/enable", ["-X", "POST"]).status == 401)
        }

        @Test("rebuild makes the states of the same build anew")
        func rebuild() throws {
            let host = try HostProcess(data: data, plugins: plugins)
            let group = try SimulatedClass(events: 2_000)
            _ = try Replaying([group.file], to: host, []).finish()
            let rebuilt = try lectern("rebuild", host)
            #expect(rebuilt.exit == .code(0), "\(rebuilt)")
            try expectStates(of: host, toEqualTheFoldOf: group.file)
            #expect(try host.change("counter-in-c", "rebuild").body.contains("\"rebuilt\":[\"counter-in-c\"]"))
        }
    }
}
