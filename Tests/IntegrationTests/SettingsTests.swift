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
