import Foundation
import Testing

extension IntegrationTests {
    @Suite("Settings")
    struct SettingsTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private func check(_ yaml: String, environment: [String] = []) throws -> (ChildProcess.Exit, said: String) {
            let file = try folder.write("lectern.yaml", yaml.utf8)
            let process = try ChildProcess(
                "/usr/bin/env", environment + [Installation.lectern, "config", "check", "--config", file])
            return (try process.wait(), process.printed + process.complained)
        }

        @Test("what is found out when the plugins run already ends the host with one message, too")
        func lateMistake() throws {
            for _ in 0..<12 {
                let process = try ChildProcess(
                    Installation.lectern,
                    [
                        "serve", "--data", "\(folder.path)/data", "--plugins", "\(Installation.dist)/plugins",
                        "--listen", "127.0.0.1:0", "--set", "ingest.rules=[/nowhere.pmss]",
                    ])
                #expect(try process.wait() == .code(1))
                #expect(process.complained.hasPrefix("error: /nowhere.pmss: expected a file of rules"))
            }
        }

        @Test("every mistake is told at once, with file, line, key, what was found and what is allowed")
        func mistakes() throws {
            let yaml = """
                web:
                  listen: 3001
                  idle: soon
                log:
                  segmnt: 64MiB
                reduction:
                  shards: 65
                plugins:
                  quiz-analytics:
                    placement: outside
                """
            let (exit, said) = try check(yaml, environment: ["LECTERN_WEB__BEAT=1h", "LECTERN_NOWHERE__A=b"])
            #expect(exit == .code(1))
            for expected in [
                "7 mistakes in the settings:", "lectern.yaml:2, web.listen: found \"3001\", expected HOST:PORT",
                "lectern.yaml:3, web.idle: found \"soon\", expected a duration such as 500ms, 5s or 2h, from 1s to 1h",
                "lectern.yaml:5, log.segmnt: found an unknown key, expected one of ", "Did you mean `segment`?",
                "lectern.yaml:7, reduction.shards: found \"65\", expected a whole number from 1 to 64",
                "lectern.yaml:10, plugins.quiz-analytics.placement: found \"outside\", expected one of worker, inprocess",
                "environment LECTERN_WEB__BEAT, web.beat: found \"1h\", expected a duration",
                "environment LECTERN_NOWHERE__A, nowhere: found an unknown key",
            ] {
                #expect(said.contains(expected), "\(expected) in \(said)")
            }
        }

        @Test("a start with other settings of a plugin says once which, and how to have its states made with them")
        func folded() throws {
            func settings(_ model: String) throws -> String {
                try folder.write(
                    "lectern.yaml", "plugins: {memory-score: {settings: {model: \(model), passMark: 60}}}\n".utf8)
            }
            let host = try HostProcess(data: "\(folder.path)/data", config: settings("ebbinghaus"))
            #expect(!host.complained.contains("settings of"))
            #expect(try host.stop() == .code(0))
            _ = try settings("fsrs6")
            try host.restart()
            let said =
                "the settings of memory-score have changed: model \"ebbinghaus\" → \"fsrs6\". What was folded before "
                + "stays as it was"
            #expect(host.complained.contains(said), "\(host.complained)")
            #expect(host.complained.contains("lectern plugin rebuild memory-score\n"))
            #expect(try host.stop() == .code(0))
            try host.restart()
            #expect(!host.complained.contains("settings of"), "\(host.complained)")
            #expect(try host.stop() == .code(0))
        }

        @Test("variables of the environment win over the file, and --set over both")
        func environment() throws {
            let file = try folder.write("lectern.yaml", "web: {idle: 7s, beat: 3s, grace: 9s}\n".utf8)
            let printed = try run(
                "/usr/bin/env",
                [
                    "LECTERN_WEB__IDLE=8s", "LECTERN_WEB__GRACE=8s", Installation.lectern, "config", "print",
                    "--config",
                    file, "--set", "web.grace=6s",
                ])
            let lines = Set(printed.split(separator: "\n"))
            #expect(lines.isSuperset(of: ["  idle: 8s", "  beat: 3s", "  grace: 6s"]), "\(printed)")
        }

        private func printed(_ yaml: String, _ variables: [String], _ settings: [String] = []) throws -> ChildProcess {
            let file = try folder.write("lectern.yaml", yaml.utf8)
            let process = try ChildProcess(
                "/usr/bin/env",
                variables + [Installation.lectern, "config", "print", "--config", file]
                    + settings.flatMap { ["--set", $0] })
            _ = try process.wait()
            return process
        }

        @Test("the event processor's variables are settings, which win over the file and not over LECTERN_")
        func processorVariables() throws {
            let process = try printed(
                "reduction: {shards: 2, batch: 32}\n",
                [
                    "EVENT_PROCESSOR_ENABLED=false", "EVENT_PROCESSOR_WORKERS=4", "EVENT_PROCESSOR_BUFFER_SIZE=1000",
                    "LECTERN_REDUCTION__BATCH=8",
                ])
            for line in [
                "processor:\n  enabled: false\n", "\n  shards: 4\n", "\n  batch: 8\n", "\n    unacknowledged: 1000\n",
            ] {
                #expect(process.printed.contains(line), "\(line) in \(process.printed)")
            }
            let overruled = try printed("", ["EVENT_PROCESSOR_WORKERS=4", "LECTERN_REDUCTION__SHARDS=3"])
            #expect(overruled.printed.contains("\n  shards: 3\n"))
            let stray = try printed("", ["EVENT_PROCESSOR_WORKER=4"])
            #expect(stray.complained.contains("the variable EVENT_PROCESSOR_WORKER is no setting and changes nothing"))
        }

        @Test("the variables of Redis make a store of it, with what each says")
        func redisVariables() throws {
            let process = try printed(
                "kvs: {default: {type: sqlite, path: s.sqlite}}\n",
                [
                    "REDIS_ADDRESS=redis.local:6380", "REDIS_PASSWORD=hush", "REDIS_POOL_SIZE=10",
                    "REDIS_ENRICHMENT_DB=1", "REDIS_AGGREGATION_DB=2", "REDIS_DEDUPLICATION_DB=3",
                ])
            let stores = process.printed.components(separatedBy: "\n  enrichment:")
            #expect(stores.count == 2, "\(process.printed)")
            for (store, lines) in zip(
                stores, [["type: redis", "database: 2"], ["type: redis_ephemeral", "database: 1", "expiry: 900"]])
            {
                for line in lines + [
                    "host: redis.local", "port: 6380", "connections: 10", "password: {\"env\":\"REDIS_PASSWORD\"}",
                ] {
                    #expect(store.contains("\n    \(line)\n"), "\(line) in \(store)")
                }
            }
            #expect(!process.printed.contains("hush"))
            #expect(process.complained.contains("REDIS_DEDUPLICATION_DB=3 changes nothing: the ids that dedup knows"))
        }

        @Test("of a cluster, the number of a database is part of the prefix")
        func clusterVariables() throws {
            let process = try printed("", ["REDIS_ADDRESS=10.0.0.1:6379,10.0.0.2", "REDIS_AGGREGATION_DB=2"])
            #expect(process.printed.contains("nodes: [\"10.0.0.1:6379\",\"10.0.0.2:6379\"]"), "\(process.printed)")
            #expect(
                process.printed.contains("prefix: lectern:2:\n") || process.printed.contains("prefix: \"lectern:2:\"\n")
            )
        }

        @Test(
            "a variable with a wrong value is named",
            arguments: [
                (
                    "EVENT_PROCESSOR_ENABLED=yes",
                    "environment EVENT_PROCESSOR_ENABLED, processor.enabled: found \"yes\""
                ),
                (
                    "EVENT_PROCESSOR_WORKERS=many",
                    "environment EVENT_PROCESSOR_WORKERS, reduction.shards: found \"many\""
                ),
                (
                    "EVENT_PROCESSOR_BUFFER_SIZE=0",
                    "environment EVENT_PROCESSOR_BUFFER_SIZE, ingest.limits.unacknowledged"
                ),
                ("REDIS_ADDRESS=host:port", "environment REDIS_ADDRESS: found \"host:port\", expected HOST:PORT"),
                ("REDIS_AGGREGATION_DB=two", "environment REDIS_AGGREGATION_DB: found \"two\", expected the number"),
                ("REDIS_POOL_SIZE=0", "environment REDIS_POOL_SIZE, kvs.default.connections: found \"0\""),
            ])
        func wrongVariable(_ variable: String, _ expected: String) throws {
            let address =
                variable.hasPrefix("REDIS_A") && !variable.contains("_AGG") ? [] : ["REDIS_ADDRESS=localhost:1"]
            let (exit, said) = try check("web: {idle: 7s}", environment: address + [variable])
            #expect(exit == .code(1))
            #expect(said.contains(expected), "\(said)")
        }

        @Test("variables of Redis without Redis change nothing, and that is said")
        func uselessVariables() throws {
            let (exit, said) = try check("web: {idle: 7s}", environment: ["REDIS_POOL_SIZE=10", "REDIS_PASSWORD="])
            #expect(exit == .code(0))
            #expect(said.contains("the variable REDIS_POOL_SIZE changes nothing, since states are not kept in Redis"))
            #expect(!said.contains("REDIS_PASSWORD"))
        }

        @Test("figures of tables that are not there are found")
        func figures() throws {
            let yaml = """
                metrics:
                  tables:
                    lectern_a: {help: A., table: nobody/t, rows: true}
                    lectern_b: {help: B., table: quiz-analytics/t, rows: true}
                    lectern_c: {help: C., table: quiz-analytics/user_engagement, sum: modules}
                    lectern_d: {help: D., table: quiz-analytics/user_engagement, sum: modules_started}
                """
            let file = try folder.write("lectern.yaml", yaml.utf8)
            let check = try ChildProcess(
                Installation.lectern, ["config", "check", "--config", file, "--plugins", Installation.plugins])
            #expect(try check.wait() == .code(1))
            for expected in [
                "metrics.tables.lectern_a: there is no plugin nobody",
                "metrics.tables.lectern_b: quiz-analytics has no table t, but ",
                "metrics.tables.lectern_c: quiz-analytics/user_engagement has no column modules, but user_id, ",
            ] {
                #expect(check.complained.contains(expected), "\(check.complained)")
            }
            #expect(!check.complained.contains("lectern_d"))
        }

        @Test("a variable that was meant to be a setting and is none is named")
        func strayVariable() throws {
            let (exit, said) = try check("web: {idle: 7s}", environment: ["LECTERN_WEB_LISTEN=127.0.0.1:0"])
            #expect(exit == .code(0))
            #expect(
                said.contains("LECTERN_WEB_LISTEN") && said.contains("Did you mean LECTERN_WEB__LISTEN?"), "\(said)")
        }
    }
}
