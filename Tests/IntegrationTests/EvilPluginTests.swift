import Foundation
import Testing

extension IntegrationTests {
    /// What twelve evil plugins do, and what follows: the guide for operators has the same list.
    @Suite("Evil plugins", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct EvilPluginTests {
        /// What a build does at one event, and what is said of it.
        struct Evil: Sendable, CustomTestStringConvertible {
            let how: String
            let said: String
            var settings: [String] = []
            var testDescription: String { how }
        }

        static let poisonous = [
            Evil(how: "TRAPS", said: "trapped (Illegal instruction) in reduce of counts, given the event at position"),
            Evil(how: "ABORTS", said: "trapped (Aborted) in reduce of counts, given the event at position"),
            Evil(how: "EXITS", said: "called exit in reduce of counts, given the event at position"),
            Evil(
                how: "OVERFLOWS_STACK",
                said: "trapped (Segmentation fault) in reduce of counts, given the event at position"),
            Evil(how: "OVERFLOWS_STATE", said: "in reduce of counts, given the event at position"),
            Evil(
                how: "LOOPS", said: "did not return from reduce of counts, given the event at position",
                settings: ["plugins.counter-in-c.deadline=1s"]),
        ]
        static let leak = Evil(
            how: "LEAKS", said: "MB of memory, where its budget is 200 MB",
            settings: ["plugins.counter-in-c.memory=200MiB"])

        private func expectStates(_ evil: EvilPlugin, of host: HostProcess) throws {
            let expected = try evil.expected(of: evil.group.file)
            // Hours hold pseudonyms, which differ from log to log; progress and quizzes are keyed by actors.
            for component in ["quiz-analytics.quizzes", "quiz-analytics.progress", "counter-in-c.counts"] {
                let parts = component.split(separator: ".").map(String.init)
                let states = try #require(expected[component]).sorted()
                #expect(!states.isEmpty)
                #expect(
                    try eventually(seconds: 20) {
                        // Mallory's own state is nobody's concern.
                        try host.states(of: parts[0], parts[1]).filter { !$0.contains("mallory") }.sorted() == states
                    }, "\(component)")
            }
        }

        private func letters(_ evil: EvilPlugin) throws -> String {
            try run(Installation.lectern, ["dead-letters", "list", "--data", evil.data, "--json"])
        }

        @Test(
            "in a worker ends that alone: the event is named and skipped, the stream goes on, and others notice nothing",
            arguments: poisonous + [leak])
        func poison(_ evil: Evil) throws {
            let plugin = try EvilPlugin(evil.how)
            let host = try plugin.host(evil.settings)
            let id = host.processID
            let report = try Replaying([plugin.file], to: host, ["--window", "64"]).finish()
            #expect(report.acknowledged == 2_001)
            #expect(try eventually(seconds: 30) { host.complained.contains("is skipped") }, "\(host.complained)")
            #expect(host.complained.contains("counter-in-c, build "))
            #expect(host.complained.contains(evil.said), "\(host.complained)")
            try expectStates(plugin, of: host)
            #expect(host.isRunning && host.processID == id)
            #expect(try !host.states(of: "counter-in-c", "counts").contains { $0.contains("mallory") })
            #expect(try host.stop() == .code(0))
            let letters = try letters(plugin)
            #expect(letters.contains("\"reduce\"") && letters.contains("mallory"), "\(letters)")
            // What is skipped stays skipped.
            try host.restart()
            try expectStates(plugin, of: host)
            #expect(!host.complained.contains("counter-in-c"), "\(host.complained)")
        }

        @Test(
            "in the host's process makes it begin anew, with that plugin in a worker; nothing durable is lost",
            arguments: poisonous)
        func inProcess(_ evil: Evil) throws {
            let plugin = try EvilPlugin(evil.how)
            let host = try plugin.host(evil.settings + ["plugins.placement=inprocess"])
            let id = host.processID
            let report = try Replaying([plugin.file], to: host, ["--window", "64"]).finish()
            #expect(report.acknowledged + report.skipped == 2_001)
            #expect(try eventually(seconds: 30) { host.complained.contains("is skipped") }, "\(host.complained)")
            #expect(host.complained.contains("the host was ended by a plugin: counter-in-c, build "))
            #expect(host.complained.contains("from now on it runs in a worker"))
            try expectStates(plugin, of: host)
            #expect(host.isRunning && host.processID == id)
            #expect(try host.stop() == .code(0))
            try host.restart()
            try expectStates(plugin, of: host)
        }

        @Test("that leaves a thread behind is restarted when the thread traps")
        func thread() throws {
            let plugin = try EvilPlugin("LEAVES_THREAD")
            let host = try plugin.host()
            _ = try Replaying([plugin.file], to: host, ["--window", "64"]).finish()
            #expect(
                try eventually(seconds: 10) { host.complained.contains("ended its worker outside of any call") },
                "\(host.complained)")
            try expectStates(plugin, of: host)
        }

        @Test("that changes its process changes nobody else's")
        func process() throws {
            let plugin = try EvilPlugin("CHANGES_PROCESS")
            let host = try plugin.host()
            _ = try Replaying([plugin.file], to: host, ["--window", "64"]).finish()
            try expectStates(plugin, of: host)
            #expect(try host.stop() == .code(0))
            #expect(host.complained.isEmpty || !host.complained.contains("counter-in-c"), "\(host.complained)")
        }

        @Test("that writes no states stores nothing, and is said to")
        func garbled() throws {
            let plugin = try EvilPlugin("GARBLES_STATE")
            let host = try plugin.host()
            _ = try Replaying([plugin.file], to: host, ["--window", "64"]).finish()
            #expect(
                try eventually(seconds: 10) {
                    host.complained.contains("a block of counts that has a state that is not one CBOR item")
                }, "\(host.complained)")
            // A good build folds everything from the first record.
            try plugin.install([])
            #expect(try host.reload().status == 200)
            try expectStates(plugin, of: host)
        }

        @Test(
            "that can't be loaded is refused, and the host goes on",
            arguments: [
                ("WRONG_NOTE", "id: wanted a lower-case letter"),
                // It says that it is Swift's, of a compiler that is not the host's.
                ("OTHER_TOOLCHAIN", "toolchain: wanted "),
                ("CONSTRUCTOR_TRAPS", "found a process that was ended by signal 4"),
            ])
        func refused(_ how: String, _ said: String) throws {
            for placement in ["worker", "inprocess"] {
                let plugin = try EvilPlugin(how, events: 500)
                let host = try plugin.host(["plugins.placement=\(placement)"])
                _ = try Replaying([plugin.file], to: host).finish()
                #expect(host.complained.contains(said), "\(host.complained)")
                #expect(try host.request("/api/v1/plugins").body.contains("counter.so refused"))
                #expect(try eventually { try !host.states(of: "quiz-analytics", "quizzes").isEmpty })
            }
        }
    }
}
