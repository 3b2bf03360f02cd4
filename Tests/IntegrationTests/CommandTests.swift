import Foundation
import Glibc
import Testing

extension IntegrationTests {
    @Suite("Commands")
    struct CommandTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func lectern(_ arguments: String...) throws -> (
            exit: ChildProcess.Exit, printed: String, complained: String
        ) { try lectern(arguments) }

        private func lectern(_ arguments: [String]) throws -> (
            exit: ChildProcess.Exit, printed: String, complained: String
        ) {
            let process = try ChildProcess(Installation.lectern, arguments)
            return (try process.wait(), process.printed, process.complained)
        }

        @Test(
            "wrong use ends with 64 and says what is expected",
            arguments: [
                ["nonsense"], ["simulate"], ["simulate", "--to", "ftp://x"], ["simulate", "--to", "https://x:1"],
                ["simulate", "--output", "-", "--minutes", "0"], ["simulate", "--output", "-", "--end", "noon"],
                ["replay", "--to", "http://127.0.0.1:1"], ["replay", "x", "--to", "http://127.0.0.1:1", "--rate", "0"],
                ["log", "cat", "--from", "noon"], ["dead-letters", "list", "--stage", "nowhere"], ["kvs", "get"],
                ["log", "prove", "--partition", "0"], ["log", "prove", "--partition", "x", "--position", "0"],
            ])
        func wrongUse(arguments: [String]) throws {
            let process = try ChildProcess(Installation.lectern, arguments)
            #expect(try process.wait() == .code(64))
            #expect(process.complained.hasPrefix("Error: "))
        }

        @Test(
            "work that fails ends with 1 and one message",
            arguments: [
                ["replay", "nowhere.jsonl", "--to", "http://127.0.0.1:1"],
                ["simulate", "--to", "http://127.0.0.1:1", "--patience", "0"], ["log", "info", "--data", "nowhere"],
                ["log", "verify", "--data", "nowhere"], ["kvs", "keys", "--data", "nowhere"],
                ["dead-letters", "list", "--data", "nowhere"],
                ["config", "check", "--config", "nowhere.yaml"],
            ])
        func failures(arguments: [String]) throws {
            let process = try ChildProcess(Installation.lectern, arguments)
            #expect(try process.wait() == .code(1))
            #expect(process.complained.hasPrefix("error: "))
            #expect(process.printed.isEmpty)
        }

        /// The dead letter 1, whose bytes are no JSON, is sent again as it is and edited.
        private func expectDeadLetter(replayedTo host: HostProcess) throws {
            let data = ["--data", folder.path]
            #expect(try run(Installation.lectern, ["dead-letters", "show", "1", "--original"] + data) == "no JSON")
            let shown = try lectern(["dead-letters", "show", "1"] + data).printed
            #expect(shown.contains("stage      decode") && shown.hasSuffix("\n\nno JSON\n"), "\(shown)")
            #expect(try lectern(["dead-letters", "show", "9"] + data).complained.contains("expected one from 1 to 1"))

            let replay = ["dead-letters", "replay", "1", "--to", host.address] + data
            let refused = try lectern(replay)
            #expect(
                refused.exit == .code(1) && refused.printed.hasPrefix("1: refused: not a JSON object"), "\(refused)")
            let edited = try folder.write("edited.json", #"{"event_type":"edited","user_id":"ada"}"#.utf8)
            #expect(try lectern(replay + ["--with", edited]).printed == "1: accepted\n")
            #expect(try lectern(replay + ["--with", edited]).printed == "1: was accepted before\n")
            #expect(try KnownLog.events(in: folder.path).filter { $0["type"] as? String == "edited" }.count == 1)
        }

        @Test("rules are tried on events, and a mistake in them is named with its place")
        func rules() throws {
            let base = try folder.write(
                "base.pmss",
                """
                incoming_events { blacklist_event_action: TRANSMIT; }
                incoming_events[domain=left.org] { blacklist_event_action: DROP; }
                """.utf8)
            let school = try folder.write(
                "school.pmss", "incoming_events[domain=left.org] { blacklist_event_action: MAINTAIN }".utf8)
            let events = try folder.write(
                "events.jsonl",
                lines: [
                    #"{"event":"a","chrome_identity":{"email":"x@LEFT.org"}}"#,
                    #"{"event":"a","user_id":"y@left.org"}"#,
                    #"{"event":"a","user_id":"z"}"#,
                ])
            #expect(
                try lectern(["rules", "test", base, "--input", events]).printed == """
                    DOMAIN    EVENTS  ACTION    RULE
                    left.org  2       DROP      \(base):2:36
                    (none)    1       TRANSMIT  none: events are taken

                    """)
            #expect(
                try lectern(["rules", "test", base, school, "--domain", "left.org", "--json"]).printed.contains(
                    #""action":"MAINTAIN""#))
            let wrong = try folder.write("wrong.pmss", "incoming_events {\n  blacklist_event_action: NO; }".utf8)
            let refused = try lectern(["rules", "test", wrong])
            #expect(refused.exit == .code(1))
            #expect(
                refused.complained
                    == "error: \(wrong):2:3: expected blacklist_event_action: TRANSMIT, MAINTAIN or DROP, "
                    + "found “NO”\n", "\(refused.complained)")
        }

        @Test(
            "every command has help with examples",
            arguments: [
                ["serve"], ["fold"], ["replay"], ["simulate"], ["plugin", "list"], ["plugin", "new"],
                ["plugin", "build"], ["plugin", "test"], ["plugin", "check"], ["plugin", "diff"],
                ["plugin", "enable"], ["plugin", "disable"], ["plugin", "rebuild"], ["dev"], ["log", "info"],
                ["log", "cat"], ["log", "verify"], ["log", "prove"],
                ["kvs", "get"],
                ["kvs", "keys"], ["kvs", "dump"], ["kvs", "load"], ["dead-letters", "list"], ["dead-letters", "show"],
                ["dead-letters", "replay"], ["config", "check"], ["config", "print"], ["rules", "test"],
                ["topics", "describe"], ["topics", "create"],
            ])
        func help(command: [String]) throws {
            let text = try run(Installation.lectern, command + ["--help"])
            #expect(text.contains("Examples:\n") || text.contains("Example:\n"))
        }

        // MARK: simulate

        private func simulated(_ arguments: String...) throws -> [[String: Any]] {
            let end = ["--end", "2026-01-31T10:00:00Z"]
            return try run(Installation.lectern, ["simulate", "--output", "-"] + end + arguments).split(separator: "\n")
                .map { try JSONRow.object(String($0)) }
        }

        @Test("a seed gives one class, another seed another one")
        func seeds() throws {
            let text = { (seed: String) in
                try run(
                    Installation.lectern,
                    ["simulate", "--output", "-", "--seed", seed, "--end", "2026-01-31T10:00:00Z"])
            }
            let first = try text("1")
            #expect(try first == text("1"))
            #expect(try first != text("2"))
        }

        @Test(
            "a number of events is met exactly, spread over the minutes in the order of time",
            arguments: [1, 777, 20_000])
        func counts(events: Int) throws {
            let class_ = try simulated("--events", "\(events)", "--minutes", "45", "--students", "50")
            #expect(class_.count == events)
            // Without the Z, texts sort as times do.
            let times = class_.compactMap { ($0["timestamp"] as? String)?.dropLast() }
            let isSorted = zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
            #expect(isSorted)
            #expect(times.last == "2026-01-31T10:00:00")
            #expect(times.first! >= "2026-01-31T09:15:00")
            #expect(Set(class_.compactMap { $0["event_id"] as? String }).count == events)
        }

        @Test("a class has strong and struggling students, passed and repeated quizzes")
        func plausible() throws {
            let class_ = try simulated("--students", "60", "--minutes", "120")
            var scores: [String: [Int]] = [:]
            for event in class_ where event["event_type"] as? String == "module_quiz_completed" {
                scores[event["user_id"] as? String ?? "", default: []].append(event["score"] as? Int ?? -1)
            }
            let means = scores.values.map { Double($0.reduce(0, +)) / Double($0.count) }
            #expect(scores.values.joined().allSatisfy { 0...100 ~= $0 })
            #expect(means.contains { $0 < 50 } && means.contains { $0 > 85 })
            #expect(class_.contains { ($0["attempt"] as? Int ?? 0) > 1 })
            #expect(class_.filter { $0["event_type"] as? String == "module_completed" }.count > 60)
        }

        @Test("a live class goes on until it is interrupted, and everything is acknowledged then")
        func live() throws {
            let host = try HostProcess(data: folder.path, settings: ["ingest.trust=loopback"])
            let arguments = ["simulate", "--to", host.address, "--minutes", "0", "--rate", "200", "--json"]
            let process = try ChildProcess(Installation.lectern, arguments)
            usleep(1_500_000)
            process.send(SIGINT)
            #expect(try process.wait() == .code(0))
            let report = try JSONRow.object(process.printed)
            #expect(report["events"] as? Int == report["acknowledged"] as? Int)
            #expect(150...400 ~= report["events"] as? Int ?? 0)
            #expect(try host.stop() == .code(0))
        }

        // MARK: config and plugins

        @Test("`replay` sends the lines of a pipe as they come")
        func pipe() throws {
            let group = try SimulatedClass(events: 500)
            let host = try HostProcess(data: folder.path, settings: ["ingest.trust=loopback"])
            let sender = try Replaying(lasting: group.file, to: host)
            try sender.waitForAcknowledgement(of: 1)
            #expect(sender.isRunning && sender.acknowledged < 500)
            #expect(try sender.finish().acknowledged == 500)
        }

        @Test("all mistakes of the settings are said at once, with their places")
        func mistakes() throws {
            let file = try folder.write(
                "lectern.yaml", lines: ["web:", "  listen: nowhere", "kvs:", "  default: {type: sqlit}", "logg: 1"])
            let result = try lectern("config", "check", "--config", file)
            #expect(result.exit == .code(1))
            for place in ["lectern.yaml:2", "lectern.yaml:4", "lectern.yaml:5"] {
                #expect(result.complained.contains(place))
            }
        }

        @Test("what `config print` prints are settings, with what was set")
        func printed() throws {
            let text = try lectern("config", "print", "--set", "reduction.shards=3", "--set", "web.beat=7s").printed
            #expect(text.contains("  shards: 3\n"))
            let file = try folder.write("all.yaml", text.utf8)
            #expect(try lectern("config", "check", "--config", file).exit == .code(0))
            let again = try lectern("config", "print", "--config", file).printed
            #expect(again == text.replacing("  # default", with: ""))
        }

        @Test("plugins are listed with their parts, refused ones with the reason")
        func plugins() throws {
            try folder.copy(Installation.plugin("quiz-analytics"), to: "good.so")
            try folder.write("text.so", "I am a text.\n".utf8)
            let report = try JSONRow.object(try lectern("plugin", "list", "--plugins", folder.path, "--json").printed)
            let plugin = try #require((report["plugins"] as? [[String: Any]])?.first)
            #expect(plugin["id"] as? String == "quiz-analytics")
            #expect((plugin["tables"] as? [String])?.contains("quiz_analytics") == true)
            let refused = try #require((report["refused"] as? [[String: Any]])?.first)
            #expect((refused["file"] as? String)?.hasSuffix("text.so") == true)
            let text = try lectern("plugin", "list", "--plugins", folder.path).printed
            #expect(text.contains("quiz-analytics") && text.contains("text.so refused: "))
        }

        // MARK: The data of a host that runs

        @Test("log, dead letters and stores can be looked at while the host runs")
        func inspection() throws {
            let host = try HostProcess(
                data: folder.path, settings: ["ingest.trust=loopback", "reduction.checkpoint=50ms"])
            let file = try folder.write(
                "input.jsonl",
                lines: [
                    #"{"event_type":"module_viewed","user_id":"ada","domain":"dsa","module":"m1","time_taken":3}"#,
                    "no JSON", "",
                    // A member `seq` of an event's own does not number it.
                    #"{"event_type":"module_viewed","user_id":"ada","domain":"dsa","module":"m2","seq":1}"#,
                ])
            let report = try JSONRow.object(try lectern("replay", file, "--to", host.address, "--json").printed)
            #expect(report["acknowledged"] as? Int == 3)
            #expect(report["rejected"] as? Int == 1)
            let again = try JSONRow.object(try lectern("replay", file, "--to", host.address, "--json").printed)
            #expect(again["skipped"] as? Int == 3 && again["acknowledged"] as? Int == 0)

            let events = try KnownLog.events(in: folder.path)
            #expect(events.map { ($0["payload"] as? [String: Any])?["module"] as? String } == ["m1", "m2"])
            #expect(events.map { $0["sequence"] as? Int } == [1, 3])
            #expect(try lectern("log", "cat", "--data", folder.path, "--actor", "nobody").printed == "")
            let info = try JSONRow.object(try lectern("log", "info", "--data", folder.path, "--json").printed)
            #expect(info["records"] as? Int == 2)
            #expect((info["deadLetters"] as? [String: Int]) == ["decode": 1])
            let letter = try JSONRow.object(
                try lectern("dead-letters", "list", "--data", folder.path, "--json").printed)
            #expect(letter["text"] as? String == "no JSON" && letter["sequence"] as? Int == 2)
            try expectDeadLetter(replayedTo: host)

            let key = "Internal,quiz-analytics.progress@1,actor:ada,domain:dsa"
            let store = ["--data", folder.path]
            #expect(try eventually { try run(Installation.lectern, ["kvs", "keys"] + store).contains(key) })
            let state = try JSONRow.object(try run(Installation.lectern, ["kvs", "get", key] + store))
            #expect((state["started"] as? [String])?.sorted() == ["m1", "m2"])
            let dump = try folder.write("dump.jsonl", lines: [#"{"key":"mine","value":{"a": [1]}}"#])
            #expect(try run(Installation.lectern, ["kvs", "load", dump] + store).hasPrefix("1 values set"))
            #expect(try run(Installation.lectern, ["kvs", "get", "mine"] + store) == "{\"a\": [1]}\n")
            #expect(
                try run(Installation.lectern, ["kvs", "dump", "mine"] + store)
                    == "{\"key\":\"mine\",\"value\":{\"a\": [1]}}\n")
            #expect(try host.stop() == .code(0))
        }
    }
}
