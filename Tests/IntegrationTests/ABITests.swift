import Foundation
import Testing

extension IntegrationTests {
    /// What PluginAPI/CPluginAPI/HISTORY.md promises.
    @Suite("The plugin ABI", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct ABITests {
        private let folder: TemporaryFolder
        private static let package = "\(Installation.repository)/PluginAPI/CPluginAPI"
        private static let binary = "\(Installation.repository)/Tests/Plugins/AbiOneC/abi-one.so"

        init() throws { folder = try TemporaryFolder() }

        private func table(headers: String = CPlugin.headers) throws -> ABITable {
            try ABITable(run("\(Installation.repository)/scripts/abi", [headers]))
        }

        private func frozen() throws -> ABITable {
            try ABITable(lines(of: "\(Self.package)/abi-1.0.txt").joined(separator: "\n"))
        }

        @Test("is what was frozen")
        func golden() throws {
            let differences = try frozen().differences(in: table())
            #expect(
                differences.isEmpty,
                """
                \(differences.joined(separator: "\n"))
                Built plugins rely on it. A change that PluginAPI/CPluginAPI/HISTORY.md allows is written down there; \
                then: scripts/abi > PluginAPI/CPluginAPI/abi-1.0.txt
                """)
        }

        /// A change to a header, and what the comparison must say of it.
        struct Break: Sendable, CustomTestStringConvertible {
            let file: String
            let old: String
            let new: String
            let expected: [String]
            var testDescription: String { "\(file): \(new)" }
        }

        static let breaks = [
            Break(
                file: "reducers.h", old: "  uint32_t state_align;",
                new: "  uint64_t inserted;\n  uint32_t state_align;",
                expected: [
                    "lectern_reducer.state_align: frozen at 68, uint32_t, found at 80, uint32_t",
                    "lectern_reducer.inserted: not frozen, found at 72, uint64_t",
                    "lectern_reducer: frozen sizeof=128 align=8, found sizeof=144 align=8",
                ]),
            // Nothing in the header itself notices these.
            Break(
                file: "views.h", old: "void (*add)(", new: "void (*retract_)(",
                expected: ["lectern_aggregator.add: frozen at 88, void (*)"]),
            Break(
                file: "reducers.h", old: "  lectern_status (*encode)(", new: "  void (*encode)(",
                expected: [
                    "lectern_reducer.encode: frozen at 96, lectern_status (*)(void *, const void *, "
                        + "const lectern_writer *), found at 96, void (*)(void *, const void *, const lectern_writer *)"
                ]),
            Break(
                file: "reducers.h", old: "#define LECTERN_KEY_HOUR 3u", new: "#define LECTERN_KEY_HOUR 5u",
                expected: ["LECTERN_KEY_HOUR: frozen 3u, found 5u"]),
            Break(
                file: "core.h", old: "    int64_t integer;\n", new: "    int32_t integer;\n",
                expected: ["lectern_value.as.integer: frozen at 8, int64_t, found at 8, int32_t"]),
            Break(
                file: "core.h", old: "typedef int32_t lectern_status", new: "typedef int64_t lectern_status",
                expected: ["  int64_t lectern_status: not frozen"]),
        ]

        @Test("can't be broken unnoticed", arguments: breaks)
        func broken(_ change: Break) throws {
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(CPlugin.headers)/lectern") {
                var text = try String(contentsOfFile: "\(CPlugin.headers)/lectern/\(name)", encoding: .utf8)
                // The headers' own assertions see less, and would see some of it first.
                text.replace(/\nLECTERN_ASSERT\(.*\);/, with: "")
                if name == change.file {
                    #expect(text.contains(change.old))
                    text.replace(change.old, with: change.new)
                }
                try folder.write("lectern/\(name)", text.utf8)
            }
            let found = try frozen().differences(in: table(headers: folder.path))
            for expected in change.expected {
                #expect(found.contains { $0.hasPrefix(expected) }, "found \(found)")
            }
        }

        #if arch(x86_64)
            @Test("still loads the first plugin of 1.0, and folds as it did")
            func first() throws {
                try folder.copy(Self.binary, to: "abi-one.so")
                let size = try FileManager.default.attributesOfItem(atPath: Self.binary)[.size] as? Int
                #expect(try #require(size) < 20_000)
                let list = try list()
                #expect(list.refused.isEmpty, "\(list.refused)")
                let plugin = try #require(list.plugins.first)
                #expect(plugin.id == "abi-one" && plugin.sources == ["abi-one-lines"])
                #expect(plugin.reducers == ["totals@1", "words@1"] && plugin.aggregators == ["class"])
                #expect(plugin.tables == ["word_counts", "class"] && plugin.dashboards == ["class"])

                let input = try words(["# points", "ada red 5", "bob red -2", "ada blue 20", "bob ada 3", "x"])
                let folding = Folding(inputs: ["abi-one-lines=\(input)"], plugins: folder.path)
                let folded = try folding()
                #expect(folded.summary.deadLetters == 1)
                #expect(
                    try folded.states() == [
                        #"{"component":"abi-one.totals","key":{"actor":"ada"},"state":{"events":2,"average":12}}"#,
                        #"{"component":"abi-one.totals","key":{"actor":"bob"},"state":{"events":2,"average":0}}"#,
                        #"{"component":"abi-one.words","key":{"word":"ada","day":2},"state":{"count":1}}"#,
                        #"{"component":"abi-one.words","key":{"word":"blue","day":2},"state":{"count":1}}"#,
                        #"{"component":"abi-one.words","key":{"word":"red","day":2},"state":{"count":2}}"#,
                    ])
                #expect(
                    try lines(of: "\(folded.folder.path)/tables/abi-one.word_counts.jsonl") == [
                        #"{"word":"ada","day":2,"count":1,"points_of_namesake":25}"#,
                        #"{"word":"blue","day":2,"count":1,"points_of_namesake":null}"#,
                        #"{"word":"red","day":2,"count":2,"points_of_namesake":null}"#,
                    ])
                #expect(
                    try lines(of: "\(folded.folder.path)/tables/abi-one.class.jsonl") == [
                        #"{"group":"all","actors":2,"points":26}"#
                    ])
                let ways = try folding.checksumsOfAllWays { _ in [1, 3] }
                #expect(ways == [folded.summary.sha256])
            }
        #endif

        @Test("says of a state that can't be written whose it is, and stores nothing", arguments: [false, true])
        func unwritable(checkpoint: Bool) throws {
            try CPlugin.build("AbiOneC/abi-one.c", to: "\(folder.path)/abi-one.so")
            let arguments = [
                "fold", "abi-one-lines=\(try words(["ada red 5", "bob red -2"]))", "--plugins", folder.path,
            ]
            let process = try ChildProcess(
                Installation.lectern,
                arguments + (checkpoint ? ["--checkpoints", "--set", "kvs.default.type=stub"] : []))
            #expect(try process.wait() == .code(1))
            let key = checkpoint ? /key pseudonym:[0-9a-f]+/ : /key actor:bob/
            #expect(process.complained.contains("plugin abi-one, reducer totals, "))
            #expect(process.complained.firstMatch(of: key) != nil, "\(process.complained)")
            #expect(process.complained.contains("points: expected a total of at least 0, found one below"))
        }

        @Test("makes a host that runs stop folding, and say why, where a state can't be written")
        func unwritableLive() throws {
            try CPlugin.build("AbiOneC/abi-one.c", to: "\(folder.path)/abi-one.so")
            let host = try HostProcess(
                data: "\(folder.path)/data", plugins: folder.path,
                settings: ["ingest.trust=loopback", "plugins.placement=inprocess"])
            let event = #"{"event_type":"points","user_id":"bob","points":-2,"word":"red"}"#
            #expect(try host.request("/api/v1/events", ["-d", event]).status == 200)
            #expect(try eventually { try host.request("/readyz").status == 503 })
            let body = try host.request("/readyz").body
            #expect(body.contains("plugin abi-one, reducer totals, key pseudonym:"), "\(body)")
            #expect(!body.contains("bob"))
            #expect(try host.stop() == .code(1))
        }

        @Test("runs of a plugin from the future what it knows")
        func future() throws {
            try CPlugin.build(
                "FromTheFuture/future.c", to: "\(folder.path)/future.so",
                definitions: [#"REQUIRES="lectern.reducers/1""#])
            let list = try list()
            #expect(list.plugins.map(\.id) == ["from-the-future"] && list.refused.isEmpty, "\(list.refused)")
            let events = try folder.write(
                "events.jsonl", lines: ["ada", "bob", "ada"].map { #"{"event_type":"x","user_id":"\#($0)"}"# })
            let folding = Folding(inputs: [events], plugins: folder.path)
            let folded = try folding()
            #expect(
                try folded.states() == [
                    #"{"component":"from-the-future.counts","key":{"actor":"ada"},"state":2}"#,
                    #"{"component":"from-the-future.counts","key":{"actor":"bob"},"state":1}"#,
                ])
            let ways = try folding.checksumsOfAllWays { _ in [2] }
            #expect(ways == [folded.summary.sha256])
        }

        @Test("refuses a plugin that needs an extension of the future, by its name")
        func needy() throws {
            try CPlugin.build(
                "FromTheFuture/future.c", to: "\(folder.path)/future.so",
                definitions: [#"REQUIRES="lectern.reducers/1,lectern.forecasts/1""#])
            let list = try list()
            #expect(list.plugins.isEmpty)
            #expect(list.refused.map(\.field) == ["requires"] && list.refused.map(\.found) == ["lectern.forecasts/1"])
        }

        private func list() throws -> PluginList {
            let text = try run(Installation.lectern, ["plugin", "list", "--json", "--plugins", folder.path])
            return try JSONDecoder().decode(PluginList.self, from: Data(text.utf8))
        }

        private func words(_ lines: [String]) throws -> String { try folder.write("words.txt", lines: lines) }
    }
}
