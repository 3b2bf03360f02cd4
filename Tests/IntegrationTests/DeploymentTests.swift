import Foundation
import Testing
import Yams

extension IntegrationTests {
    /// What is shipped for running hosts, checked by the programs that it is for.
    @Suite("Deployment")
    struct DeploymentTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        // MARK: The compose file

        private static let compose = "\(Installation.deploy)/docker-compose.yml"

        /// What docker-compose makes of the file with these variables.
        private func compose(_ environment: String) throws -> ChildProcess {
            let file = try folder.write("environment", environment.utf8)
            let process = try ChildProcess(
                "docker-compose", ["--file", Self.compose, "--env-file", file, "config"])
            try process.wait()
            return process
        }

        private func exampleEnvironment() throws -> String {
            try String(contentsOfFile: "\(Installation.deploy)/.env.example", encoding: .utf8)
        }

        @Test(
            "docker-compose takes the file, and all services listen on this machine's loopback alone",
            .enabled(if: Tool.dockerCompose.isExpected, Tool.dockerCompose.comment))
        func compose() throws {
            let filled = try exampleEnvironment().replacing(/PASSWORD=\n/, with: "PASSWORD=some\n")
            let process = try compose(filled)
            #expect(process.complained == "")
            let services =
                (try Yams.load(yaml: process.printed) as? [String: Any])?["services"] as? [String: [String: Any]] ?? [:]
            let ports = services.values.flatMap { $0["ports"] as? [String] ?? [] }
            #expect(
                Set(ports) == [
                    "127.0.0.1:3001:3001/tcp", "127.0.0.1:5432:5432/tcp", "127.0.0.1:6379:6379/tcp",
                    "127.0.0.1:9092:9092/tcp", "127.0.0.1:9090:9090/tcp", "127.0.0.1:3000:3000/tcp",
                    "127.0.0.1:5050:80/tcp",
                ])
        }

        @Test(
            "without a password nothing starts, and the message names it",
            .enabled(if: Tool.dockerCompose.isExpected, Tool.dockerCompose.comment))
        func passwords() throws {
            let example = try exampleEnvironment()
            for variable in example.matches(of: /(?m)^([A-Z_]+PASSWORD)=$/).map({ String($0.1) }) {
                let others = example.replacing(/PASSWORD=\n/, with: "PASSWORD=some\n")
                let process = try compose(others.replacing("\(variable)=some\n", with: "\(variable)=\n"))
                #expect(!process.complained.isEmpty && process.complained.contains(variable), "\(variable)")
            }
        }

        @Test("every variable of the compose file is explained in .env.example, and no other")
        func variables() throws {
            let file = try String(contentsOfFile: Self.compose, encoding: .utf8)
            let used = Set(file.matches(of: /\$\{([A-Z_]+)[:}]/).map { String($0.1) })
            let explained = Set(try exampleEnvironment().matches(of: /(?m)^([A-Z_]+)=/).map { String($0.1) })
            #expect(used.union(["COMPOSE_PROFILES"]) == explained)
        }

        @Test(
            "the image has every library that the program needs",
            .enabled(if: Installation.isDistExpected, "needs dist/"))
        func libraries() throws {
            let file = try String(contentsOfFile: "\(Installation.deploy)/Dockerfile", encoding: .utf8)
            // And those that every Debian has.
            let packages = Set(file.split { " \\\n\t".contains($0) }.map(String.init))
                .union(["libc6", "libgcc-s1", "libstdc++6"])
            let program = "\(Installation.dist)/bin/lectern"
            // What a library needs comes with its package, so the program's own are all there is to know.
            let headers = try run("objdump", ["-p", program])
            let needed = headers.matches(of: /NEEDED +([^ \n]+)/).map { String($0.1) }
            #expect(needed.count > 5)
            for line in try run("ldd", [program]).split(separator: "\n") {
                let words = line.split { " \t".contains($0) }.map(String.init)
                guard needed.contains(words[0]), words.count > 2, words[2].hasPrefix("/") else { continue }
                let library = URL(filePath: words[2]).resolvingSymlinksInPath().path
                if library.hasPrefix(Installation.dist) || library.contains("/swift/linux/") { continue }
                let owner = try run("dpkg-query", ["--search", "*/\((library as NSString).lastPathComponent)"])
                #expect(packages.contains(String(owner.prefix { $0 != ":" })), "\(words[0]) is of \(owner)")
            }
        }

        // MARK: systemd

        @Test(
            "systemd takes the units and the drop-ins without a word",
            .enabled(if: Tool.systemdAnalyze.isExpected, Tool.systemdAnalyze.comment))
        func units() throws {
            let units = try copyUnits()
            let files = try FileManager.default.contentsOfDirectory(atPath: units)
                .filter { $0.hasSuffix(".service") || $0.hasSuffix(".target") }.map { "\(units)/\($0)" }.sorted()
            #expect(files.count == 5)
            let debian = ["prometheus.service", "redis-server.service", "postgresql@15-main.service"]
            // It looks into this folder first, so the drop-ins are those of Debian's units.
            let process = try ChildProcess(
                "/usr/bin/env",
                ["SYSTEMD_UNIT_PATH=\(units):", "systemd-analyze", "verify", "--man=no"] + files + debian)
            let exit = try process.wait()
            // Of what it does not know it only warns.
            #expect(exit == .code(0) && process.complained == "", "\(process.complained)")
        }

        @Test(
            "systemd complains about a unit that asks for what there is not",
            .enabled(if: Tool.systemdAnalyze.isExpected, Tool.systemdAnalyze.comment))
        func wrongUnit() throws {
            let file = "\(try copyUnits())/lectern.service"
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try text.replacing("ProtectSystem=", with: "ProtectSystems=").write(
                toFile: file, atomically: true, encoding: .utf8)
            let process = try ChildProcess("systemd-analyze", ["verify", "--man=no", file])
            try process.wait()
            #expect(process.complained.contains("ProtectSystems"))
        }

        /// The units with the programs that they run in a folder of this test.
        private func copyUnits() throws -> String {
            let units = "\(folder.path)/units"
            try FileManager.default.copyItem(atPath: "\(Installation.deploy)/systemd", toPath: units)
            let names = FileManager.default.enumerator(atPath: units)?.compactMap { $0 as? String } ?? []
            for name in names where name.hasSuffix(".service") || name.hasSuffix(".conf") {
                let file = "\(units)/\(name)"
                let text = try String(contentsOfFile: file, encoding: .utf8)
                for program in try SystemdUnit(file).programs where program.hasPrefix("/opt/") {
                    try folder.write(String(program.dropFirst()), "#!/bin/sh\n".utf8, mode: 0o755)
                }
                try text.replacing("/opt/", with: "\(folder.path)/opt/").write(
                    toFile: file, atomically: true, encoding: .utf8)
            }
            return units
        }

        @Test(
            "the host's own unit starts it as it stands there, and stops it",
            .enabled(if: Installation.isDistExpected, "needs dist/"))
        func execStart() throws {
            let unit = try SystemdUnit("\(Installation.deploy)/systemd/lectern.service")
            let command = try #require(unit.values("Service", "ExecStart").first)
            try folder.write("lectern.yaml", try settings().utf8)
            let words = command.replacing("/opt/lectern", with: Installation.dist)
                .replacing("/etc/lectern", with: folder.path).replacing(
                    "/var/lib/lectern", with: "\(folder.path)/state"
                )
                .split(separator: " ").map(String.init)
            // systemd makes the folder StateDirectory, and the host its data folder in it.
            #expect(unit.values("Service", "StateDirectory") == ["lectern"])
            try FileManager.default.createDirectory(atPath: "\(folder.path)/state", withIntermediateDirectories: true)
            // The servers of the deployment are no part of this.
            let variables = [
                "LECTERN_WEB__LISTEN=127.0.0.1:0", "LECTERN_KVS__DEFAULT={type: sqlite}",
                "LECTERN_WAREHOUSE__TYPE=sqlite",
                "LECTERN_POSTGRESQL_PASSWORD=some",
            ]
            let process = try ChildProcess("/usr/bin/env", variables + words)
            let isReady = try eventually(seconds: 60) {
                guard process.isRunning else { throw Failure("it ended: \(process.complained)") }
                return process.printed.contains("lectern ready http://127.0.0.1:")
            }
            #expect(isReady)
            process.send(SIGTERM)
            #expect(try process.wait(seconds: 60) == .code(0))
        }

        @Test("the settings of a deployment are right, on a machine and in containers")
        func rightSettings() throws {
            let file = try folder.write("lectern.yaml", try settings().utf8)
            let compose = try String(contentsOfFile: Self.compose, encoding: .utf8)
            let services = (try Yams.load(yaml: compose) as? [String: Any])?["services"] as? [String: [String: Any]]
            let environment = services?["lectern"]?["environment"] as? [String: String] ?? [:]
            #expect(environment.keys.contains("LECTERN_WEB__LISTEN"))
            let passwords = ["LECTERN_POSTGRESQL_PASSWORD=some", "LECTERN_REDIS_PASSWORD=other"]
            for variables in [[], environment.filter { $0.key.contains("__") }.map { "\($0.key)=\($0.value)" }] {
                let printed = try run(
                    "/usr/bin/env",
                    passwords + variables + [Installation.lectern, "config", "check", "--config", file])
                #expect(printed == "the settings are right\n")
            }
        }

        private func settings() throws -> String {
            try String(contentsOfFile: "\(Installation.deploy)/lectern.yaml", encoding: .utf8)
        }

        @Test("Prometheus' token is taken from the host's tokens")
        func metricsToken() throws {
            let tokens = try folder.write(
                "tokens", lines: ["# Who", "viewer one", "metrics two-2_x", "operator three"])
            let file = "\(folder.path)/metrics-token"
            try run("\(Installation.deploy)/metrics-token", [tokens, file])
            #expect(try lines(of: file) == ["two-2_x"])
            try folder.write("tokens", lines: ["viewer one"])
            let process = try ChildProcess("\(Installation.deploy)/metrics-token", [tokens, file])
            #expect(try process.wait() == .code(1))
            #expect(process.complained.contains("has no line \"metrics TOKEN\""))
        }

        // MARK: Prometheus

        @Test(
            "Prometheus takes its settings, with the token in its place",
            .enabled(if: Tool.promtool.isExpected, Tool.promtool.comment))
        func prometheusSettings() throws {
            let shipped = "\(Installation.deploy)/prometheus"
            let token = try folder.write("metrics-token", "some".utf8)
            let text = try String(contentsOfFile: "\(shipped)/prometheus.yml", encoding: .utf8)
            let file = try folder.write(
                "prometheus.yml", text.replacing("/run/lectern/metrics-token", with: token).utf8)
            try folder.copy("\(shipped)/lectern.rules.yml", to: "lectern.rules.yml")
            try FileManager.default.createDirectory(atPath: "\(folder.path)/targets", withIntermediateDirectories: true)
            for name in ["targets.local.yml", "targets.compose.yml"] {
                try folder.copy("\(shipped)/\(name)", to: "targets/\(name)")
            }
            try run("promtool", ["check", "config", file])
        }

        @Test(
            "the rules fire when they should and not before",
            .enabled(if: Tool.promtool.isExpected, Tool.promtool.comment))
        func rules() throws {
            let shipped = "\(Installation.deploy)/prometheus"
            try run("promtool", ["check", "rules", "\(shipped)/lectern.rules.yml"])
            try run("promtool", ["test", "rules", "\(shipped)/lectern.rules.test.yml"])
            // A test that nothing can fail would say nothing: with other limits it does.
            for name in ["lectern.rules.yml", "lectern.rules.test.yml"] {
                try folder.copy("\(shipped)/\(name)", to: name)
            }
            for (limit, other) in [("> 0.5", "> 0.6"), ("> 0.4", "> 0.3"), ("> 5", "> 7"), ("== 0", "== 1")] {
                let rules = try String(contentsOfFile: "\(shipped)/lectern.rules.yml", encoding: .utf8)
                #expect(rules.contains(limit))
                try folder.write("lectern.rules.yml", rules.replacing(limit, with: other).utf8)
                let process = try ChildProcess("promtool", ["test", "rules", "\(folder.path)/lectern.rules.test.yml"])
                #expect(try process.wait() != .code(0), "\(limit)")
            }
        }
    }
}
