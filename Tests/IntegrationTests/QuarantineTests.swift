import Foundation
import Testing

extension IntegrationTests {
    @Suite("A plugin that ends the host", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct QuarantineTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }
        private var plugins: String { "\(folder.path)/plugins" }

        init() throws {
            folder = try TemporaryFolder()
            for name in ["data", "plugins"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
            }
            // One that does no harm, and whose states must be right whatever happens to the other.
            try FileManager.default.copyItem(
                atPath: try Installation.plugin("quiz-analytics"), toPath: "\(plugins)/quiz-analytics.so")
        }

        private func waitForEnd(of host: HostProcess) throws {
            if try !eventually(seconds: 20, { !host.isRunning }) { throw Failure("the host goes on") }
        }

        private func expectTheOthersStates(of host: HostProcess, toEqualTheFoldOf file: String) throws {
            let expected = try Folding(inputs: [file], plugins: plugins)().statesByComponent()
            // Hours hold pseudonyms, which differ from log to log.
            for (component, states) in expected where component != "quiz-analytics.hours" {
                let reducer = String(component.split(separator: ".")[1])
                #expect(
                    try eventually(seconds: 10) {
                        try host.states(of: "quiz-analytics", reducer).sorted() == states.sorted()
                    }, "\(component)")
            }
        }

        @Test(
            "is named after the restart, and kept off after the third time; the others go on and nothing is lost",
            arguments: ["TRAPS", "ABORTS", "EXITS", "OVERFLOWS_STACK"])
        func crashes(_ how: String) throws {
            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/counter.so", definitions: [how])
            let group = try SimulatedClass(events: 2_000)
            let host = try HostProcess(data: data, plugins: plugins)
            let replay = try Replaying([group.file], to: host, ["--window", "64"])
            for _ in 1...3 {
                try waitForEnd(of: host)
                // It comes back, names the plugin, and is ended again as long as it tries.
                try? host.restart()
            }
            #expect(try eventually(seconds: 10) { host.complained.contains("counter-in-c") })
            #expect(
                host.complained.contains("the host was ended by a plugin: counter-in-c, build "), "\(host.complained)")
            #expect(host.complained.contains("reduce of counts"))
            #expect(host.isRunning)
            #expect(try replay.finish().acknowledged == 2_000)
            let listed = try host.request("/api/v1/plugins").body
            #expect(listed.contains("the host has crashed in it 3 times"), "\(listed)")
            try FileManager.default.removeItem(atPath: "\(plugins)/counter.so")
            try expectTheOthersStates(of: host, toEqualTheFoldOf: group.file)

            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/counter.so")
            #expect(try host.reload().body.contains("\"change\":\"added\""))
            let expected = try Folding(inputs: [group.file], plugins: plugins)().statesByComponent()
            let counts = try #require(expected["counter-in-c.counts"]).sorted()
            #expect(try eventually(seconds: 10) { try host.states(of: "counter-in-c", "counts").sorted() == counts })
        }

        @Test("is not blamed for a host that was killed")
        func killed() throws {
            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/counter.so")
            let host = try HostProcess(data: data, plugins: plugins)
            host.crash()
            try host.restart()
            #expect(!host.complained.contains("ended by a plugin"))
            #expect(!FileManager.default.fileExists(atPath: "\(data)/quarantine.json"))
        }
    }
}
