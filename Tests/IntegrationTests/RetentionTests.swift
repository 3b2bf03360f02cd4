import Foundation
import Testing

extension IntegrationTests {
    @Suite("Retention", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct RetentionTests {
        private let folder: TemporaryFolder
        private var data: String { "\(folder.path)/data" }
        private var plugins: String { "\(folder.path)/plugins" }
        private static let settings = [
            "ingest.trust=loopback", "log.segment=64KiB", "log.integrity=true", "log.retention.age=1s",
            "log.retention.every=50ms",
        ]

        init() throws {
            folder = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/counter.so")
        }

        private func host(_ settings: String...) throws -> HostProcess {
            try HostProcess(data: data, plugins: plugins, settings: Self.settings + settings)
        }

        private var segments: Int {
            get throws {
                try FileManager.default.contentsOfDirectory(atPath: "\(data)/log").count { $0.hasSuffix(".segment") }
            }
        }

        private func expectStates(of host: HostProcess, toEqual states: [String]) throws {
            #expect(!states.isEmpty)
            #expect(
                try eventually(seconds: 30) { try host.states(of: "counter-in-c", "counts").sorted() == states })
        }

        private func expected(_ file: String) throws -> [String] {
            try Folding(inputs: [file], plugins: plugins)().statesByComponent()["counter-in-c.counts"]?.sorted() ?? []
        }

        private func expectSound() throws {
            try run(Installation.lectern, ["log", "verify", "--data", data] + Self.settings.flatMap { ["--set", $0] })
        }

        @Test("deletes what is old only up to the stored states, so that a crash loses none; then goes on as they do")
        func checkpoints() throws {
            let group = try SimulatedClass(events: 8_000)
            let states = try expected(group.file)
            let late = try host("reduction.checkpoint=1h")
            #expect(try Replaying([group.file], to: late).finish().acknowledged == 8_000)
            #expect(
                try eventually(seconds: 30) { late.complained.contains("but plugin counter-in-c still needs it") })
            #expect(try segments > 5)
            late.crash()

            let host = try host("reduction.checkpoint=20ms")
            try expectStates(of: host, toEqual: states)
            #expect(try eventually(seconds: 30) { try segments == 1 })
            #expect(host.complained.contains("segments with"))
            try expectSound()
            host.crash()
            try host.restart()
            try expectStates(of: host, toEqual: states)

            // What is gone can't be counted again, and the states that there are stay.
            let refusal = try host.change("counter-in-c", "rebuild")
            #expect(refusal.status == 409 || refusal.status == 422 || refusal.status == 500, "\(refusal)")
            #expect(refusal.body.contains("were deleted (log.retention)"), "\(refusal.body)")
            try expectStates(of: host, toEqual: states)
            #expect(try host.stop() == .code(0))
            try expectSound()
        }

        @Test(
            "a plugin that is off holds back what it has not folded, and is then where it would be had it never been off"
        )
        func disabledWithStates() throws {
            let group = try SimulatedClass(events: 8_000)
            let all = try lines(of: group.file)
            let first = try folder.write("first.jsonl", lines: Array(all.prefix(2_000)))
            let rest = try folder.write("rest.jsonl", lines: Array(all.dropFirst(2_000)))
            let host = try host("reduction.checkpoint=20ms")
            #expect(try Replaying([first], to: host).finish().acknowledged == 2_000)
            try expectStates(of: host, toEqual: expected(first))
            #expect(try host.change("counter-in-c", "disable").status == 200)
            #expect(try Replaying([rest], to: host).finish().acknowledged == 6_000)
            #expect(
                try eventually(seconds: 30) { host.complained.contains("but plugin counter-in-c still needs it") })
            #expect(try segments > 5)
            #expect(try host.change("counter-in-c", "enable").status == 200)
            try expectStates(of: host, toEqual: expected(group.file))
            #expect(try eventually(seconds: 30) { try segments == 1 })
            #expect(try host.stop() == .code(0))
        }

        @Test("a plugin that is gone for good holds nothing back, and can't come back to a log that was cut")
        func ignored() throws {
            let group = try SimulatedClass(events: 8_000)
            let all = try lines(of: group.file)
            let first = try folder.write("first.jsonl", lines: Array(all.prefix(1_000)))
            let rest = try folder.write("rest.jsonl", lines: Array(all.dropFirst(1_000)))
            let host = try host("reduction.checkpoint=20ms", "log.retention.ignored=counter-in-c")
            #expect(try Replaying([first], to: host).finish().acknowledged == 1_000)
            try expectStates(of: host, toEqual: expected(first))
            #expect(try host.change("counter-in-c", "disable").status == 200)
            #expect(try Replaying([rest], to: host).finish().acknowledged == 7_000)
            #expect(try eventually(seconds: 30) { try segments == 1 })
            let refusal = try host.change("counter-in-c", "enable")
            #expect(refusal.body.contains("plugin counter-in-c stands at position"), "\(refusal.body)")
            #expect(refusal.body.contains("were deleted (log.retention)"), "\(refusal.body)")
            #expect(try host.stop() == .code(0))
        }

        @Test("a new plugin that would miss what is gone is refused by name")
        func newPlugin() throws {
            let group = try SimulatedClass(events: 4_000)
            let before = try host("reduction.checkpoint=20ms")
            #expect(try Replaying([group.file], to: before).finish().acknowledged == 4_000)
            #expect(try eventually(seconds: 30) { try segments == 1 })
            #expect(try before.stop() == .code(0))
            try FileManager.default.copyItem(
                atPath: try Installation.plugin("engagement"), toPath: "\(plugins)/engagement.so")
            let arguments = ["serve", "--data", data, "--plugins", plugins, "--listen", "127.0.0.1:0"]
            let refused = try ChildProcess(Installation.lectern, arguments)
            #expect(try refused.wait() == .code(1))
            #expect(
                refused.complained.contains("plugin engagement would have to fold the log from its first record"),
                "\(refused.complained)")
            #expect(refused.complained.contains("plugins.engagement.enabled: false"))
            let after = try host("plugins.engagement.enabled=false")
            #expect(try after.stop() == .code(0))
        }

        @Test("with states in a store that forgets them it is a mistake")
        func stub() throws {
            let arguments = ["config", "check", "--set", "kvs.default.type=stub"]
            try run(Installation.lectern, arguments)
            let check = try ChildProcess(Installation.lectern, arguments + ["--set", "log.retention.age=30d"])
            #expect(try check.wait() == .code(1))
            #expect(check.complained.contains("log.retention"))
            #expect(check.complained.contains("which is a stub"))
        }
    }
}
