import Foundation
import Testing

extension IntegrationTests {
    @Suite("The settings choose which plugins run", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct PluginChoiceTests {
        private let folder: TemporaryFolder
        private let plugins: String

        init() throws {
            folder = try TemporaryFolder()
            plugins = "\(folder.path)/plugins"
            try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
            try CPlugin.build("Loud/loud.c", to: "\(plugins)/loud.so")
        }

        /// Runs `lectern ARGUMENT… --plugins FOLDER` with these settings.
        private func lectern(
            _ arguments: [String], _ settings: [String], plugins folder: String? = nil
        ) throws -> (exit: ChildProcess.Exit, printed: String, complained: String) {
            let file = try self.folder.write("lectern.yaml", lines: settings)
            let process = try ChildProcess(
                Installation.lectern, arguments + ["--config", file, "--plugins", folder ?? plugins])
            return (try process.wait(), process.printed, process.complained)
        }

        private func list(_ settings: [String]) throws -> PluginList {
            let text = try lectern(["plugin", "list", "--json"], settings).printed
            return try JSONDecoder().decode(PluginList.self, from: Data(text.utf8))
        }

        private func build() throws -> String { try #require(try list([]).plugins.first).build }

        @Test(
            "what they keep off is read, but none of its code runs",
            arguments: [
                (["plugins:", "  counter-in-c: {enabled: false}"], "settings say enabled: false"),
                (
                    ["plugins:", "  counter-in-c: {version: 1.2}"], "version 1.0.0 found, settings pin 1.2"
                ),
                (["plugins: {counter-in-c: {hash: 0123456789ab}}"], " found, settings pin 0123456789ab"),
                (
                    ["plugins: {only_listed: true, quiz-analytics: }"],
                    "settings say plugins.only_listed: true, and have no plugins.counter-in-c"
                ),
                (
                    ["plugins: [[only_listed, true]]"],
                    "settings say plugins.only_listed: true, and have no plugins.counter-in-c"
                ),
            ])
        func off(settings: [String], reason: String) throws {
            let list = try list(settings)
            #expect(list.plugins.isEmpty && list.refused.isEmpty)
            let off = try #require(list.off.first)
            #expect(off.id == "counter-in-c" && off.version == "1.0.0" && off.build.count == 64)
            #expect(off.reason.hasSuffix(reason))
            let text = try lectern(["plugin", "list"], settings)
            #expect(text.printed.contains("counter-in-c 1.0.0 off: ") && text.printed.contains(reason))
            #expect(!text.complained.contains("loud: loaded"))
            #expect(try lectern(["plugin", "list"], []).complained.contains("loud: loaded"))
        }

        @Test("what they pin and name runs")
        func pinned() throws {
            let build = try build()
            for entry in [
                "{version: \"1.0.0\"}", "{hash: \(build.prefix(12).uppercased())}", "{hash: \(build)}", "{}", "",
            ] {
                let list = try list(["plugins:", "  only_listed: true", "  counter-in-c: \(entry)"])
                #expect(list.plugins.map(\.id) == ["counter-in-c"] && list.off.isEmpty)
            }
        }

        @Test("of two builds with one id the pinned one runs")
        func twoBuilds() throws {
            let first = try build()
            try CPlugin.build("CounterInC/counter.c", to: "\(plugins)/quiet.so")
            #expect(try list([]).refused.map(\.field) == ["id"])
            let list = try list(["plugins: {counter-in-c: {hash: \(first.prefix(16))}}"])
            #expect(list.plugins.map(\.build) == [first] && list.refused.isEmpty)
            #expect(list.off.map { ($0.file as NSString).lastPathComponent } == ["quiet.so"])
        }

        @Test("one that would be refused can be kept off")
        func refused() throws {
            try CPlugin.build(
                "FromTheFuture/future.c", to: "\(plugins)/future.so",
                definitions: [#"REQUIRES="lectern.forecasts/1""#])
            #expect(try list([]).refused.count == 1)
            let list = try list(["plugins: {from-the-future: {enabled: false}}"])
            #expect(list.refused.isEmpty && list.off.map(\.id) == ["from-the-future"])
        }

        @Test("config check finds mistakes, and with the plugins' folder pins that nothing fits")
        func check() throws {
            let wrong = try lectern(
                ["config", "check"],
                [
                    "plugins:", "  only_listd: true", "  quiz:", "    enabeld: false", "    hash: 12345",
                    "    version: ''",
                ])
            #expect(wrong.exit == .code(1))
            for text in [
                "lectern.yaml:2", "only_listed, or a plugin's id", "lectern.yaml:4", "Did you mean `enabled`?",
                "lectern.yaml:5", "the first 12 to 64 hexadecimal digits", "lectern.yaml:6",
            ] { #expect(wrong.complained.contains(text), "\(text) in \(wrong.complained)") }

            let pin = try lectern(["config", "check"], ["plugins: {counter-in-c: {version: \"2\"}}"])
            #expect(pin.exit == .code(1))
            #expect(pin.complained.contains("version 1.0.0 found, settings pin 2"))
            let disabled = try lectern(["config", "check"], ["plugins: {counter-in-c: {enabled: false}}"])
            #expect(disabled.exit == .code(0))
            #expect(disabled.complained.contains("counter-in-c 1.0.0 off: settings say enabled: false"))
        }

        @Test("config print prints them")
        func printed() throws {
            let file = try folder.write("lectern.yaml", lines: ["plugins: {quiz: {version: 1.2}}"])
            let text = try run(Installation.lectern, ["config", "print", "--config", file])
            for line in [
                "  only_listed: false  # default", "  quiz:", "    enabled: true  # default", "    version: 1.2",
            ] {
                #expect(text.split(separator: "\n").contains { $0 == line }, "\(line) in \(text)")
            }
        }

        @Test("a host that runs shows what is off")
        func web() throws {
            let host = try HostProcess(
                data: "\(folder.path)/data", plugins: plugins, settings: ["plugins.counter-in-c.enabled=false"])
            #expect(
                try host.request("/api/v1/plugins").body.contains(
                    #""off":[{"id":"counter-in-c","version":"1.0.0","build":"#))
            #expect(try host.request("/").body.contains("settings say enabled: false"))
        }
    }
}
