import Foundation
import Testing

extension IntegrationTests {
    @Suite("Builds that are put away", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct QuarantineTests {
        private func counts(_ host: HostProcess) throws -> [String] {
            try host.states(of: "counter-in-c", "counts").sorted()
        }

        private func trouble(_ host: HostProcess) throws -> [String: Any]? {
            let plugins = try host.object("/api/v1/plugins")["plugins"] as? [[String: Any]]
            return plugins?.first { $0["id"] as? String == "counter-in-c" }?["trouble"] as? [String: Any]
        }

        @Test(
            "a bad build is rolled back: the one before goes on, folds what the bad one could not, and all can see why")
        func rolledBack() throws {
            let plugin = try EvilPlugin(nil)
            let host = try plugin.host()
            let lines = try lines(of: plugin.file)
            func send(_ part: some Collection<String>, _ name: String) throws {
                let file = try plugin.folder.write(name, lines: Array(part))
                _ = try Replaying([file], to: host).finish()
            }
            try send(lines.prefix(1_000), "first.jsonl")
            // It traps at mallory's event alone, which has not come yet.
            try plugin.install(["TRAPS"])
            #expect(try host.reload().status == 200)
            try send(lines.dropFirst(1_000), "second.jsonl")
            #expect(
                try eventually(seconds: 20) { host.complained.contains("which can, goes on") }, "\(host.complained)")
            let expected = try #require(try plugin.expected(of: plugin.file)["counter-in-c.counts"]).sorted()
            #expect(try eventually(seconds: 20) { try counts(host) == expected })
            let off = try host.object("/api/v1/plugins")["off"] as? [[String: Any]]
            #expect((off?.first?["reason"] as? String)?.contains("trapped") == true, "\(String(describing: off))")
            // It stays so when the host starts again, and until another build is there.
            #expect(try host.stop() == .code(0))
            try host.restart()
            #expect(try eventually(seconds: 10) { try counts(host) == expected })
        }

        @Test(
            "a build that ends every worker is put away, what it has stored still shows, and an operator can release it"
        )
        func off() throws {
            let plugin = try EvilPlugin(nil)
            let host = try plugin.host()
            _ = try Replaying([plugin.group.file], to: host).finish()
            let before = try #require(try plugin.expected(of: plugin.group.file)["counter-in-c.counts"]).sorted()
            #expect(try eventually(seconds: 20) { try counts(host) == before })
            #expect(try host.stop() == .code(0))
            // Without a build before: the host does not know it any more.
            try plugin.install(["TRAPS_ALWAYS"])
            try host.restart()
            let group = try SimulatedClass(events: 200, seed: 11)
            _ = try Replaying([group.file], to: host).finish()
            #expect(
                try eventually(seconds: 60) { try trouble(host)?["state"] as? String == "off" }, "\(host.complained)")
            #expect((try trouble(host)?["reason"] as? String)?.contains("trapped") == true)
            #expect(try eventually { try counts(host) == before }, "the last data shows")
            #expect(try host.stop() == .code(0))
            try host.restart()
            #expect(try trouble(host)?["state"] as? String == "off")
            #expect(try eventually { try counts(host) == before })

            try plugin.install([])
            #expect(try host.reload().status == 200)
            #expect(try eventually(seconds: 20) { try trouble(host) == nil && counts(host) != before })
        }

        @Test("a released build is tried again")
        func released() throws {
            let plugin = try EvilPlugin("TRAPS_ALWAYS", events: 100)
            let host = try plugin.host()
            _ = try Replaying([plugin.group.file], to: host).finish()
            #expect(
                try eventually(seconds: 60) { try trouble(host)?["state"] as? String == "off" }, "\(host.complained)")
            let arguments = [
                "plugin", "release", "counter-in-c", "--to", host.address, "--token", "\(plugin.data)/tokens",
            ]
            #expect(try run(Installation.lectern, arguments).contains("counter-in-c replaced"))
            #expect(try trouble(host)?["state"] as? String != "off")
        }

        @Test("nobody is blamed for a host that was killed")
        func killed() throws {
            let plugin = try EvilPlugin(nil, events: 100)
            let host = try plugin.host(["plugins.placement=inprocess"])
            host.crash()
            try host.restart()
            #expect(!host.complained.contains("ended by a plugin"))
            #expect(!FileManager.default.fileExists(atPath: "\(plugin.data)/quarantine.json"))
        }
    }
}
