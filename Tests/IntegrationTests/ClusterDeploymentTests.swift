import Foundation
import Testing
import Yams

extension IntegrationTests {
    /// What is shipped for running several hosts, checked by the programs that it is for.
    @Suite("Deployment of several hosts")
    struct ClusterDeploymentTests {
        private let folder: TemporaryFolder

        init() throws { folder = try TemporaryFolder() }

        private static let compose = "\(Installation.cluster)/docker-compose.yml"
        private static let passwords = ["LECTERN_POSTGRESQL_PASSWORD=some", "LECTERN_REDIS_PASSWORD=other"]

        private func exampleEnvironment() throws -> String {
            try String(contentsOfFile: "\(Installation.cluster)/.env.example", encoding: .utf8)
        }

        private func readServices(_ yaml: String) throws -> [String: [String: Any]] {
            (try Yams.load(yaml: yaml) as? [String: Any])?["services"] as? [String: [String: Any]] ?? [:]
        }

        /// The settings that the compose file gives a host by its environment, as `NAME=VALUE`.
        private func settings(of service: String) throws -> [String] {
            let services = try readServices(String(contentsOfFile: Self.compose, encoding: .utf8))
            let environment = try #require(services[service]?["environment"] as? [String: String])
            return environment.filter { $0.key.contains("__") }.map { name, value in
                // `${NAME:-DEFAULT}`.
                let text = value.replacing(/\$\{[A-Z_]+:-([^}]*)\}/) { $0.output.1 }
                return "\(name)=\(text)"
            }
        }

        @Test(
            "the settings of a group's hosts, and of the host beside it, are right, on machines and in containers",
            arguments: [("lectern.yaml", "lectern-1"), ("outputs.yaml", "lectern-outputs")])
        func settings(file: String, service: String) throws {
            for variables in [[], try settings(of: service)] {
                let printed = try run(
                    "/usr/bin/env",
                    Self.passwords + variables
                        + [Installation.lectern, "config", "check", "--config", "\(Installation.cluster)/\(file)"])
                #expect(printed == "the settings are right\n")
            }
        }

        @Test(
            "docker-compose takes the file, and the proxy and Prometheus alone can be reached, from this machine",
            .enabled(if: Tool.dockerCompose.isExpected, Tool.dockerCompose.comment))
        func compose() throws {
            let filled = try folder.write(
                "environment", try exampleEnvironment().replacing(/PASSWORD=\n/, with: "PASSWORD=some\n").utf8)
            let process = try ChildProcess("docker-compose", ["--file", Self.compose, "--env-file", filled, "config"])
            try process.wait()
            #expect(process.complained == "")
            let services = try readServices(process.printed)
            let ports = services.values.flatMap { $0["ports"] as? [String] ?? [] }
            #expect(Set(ports) == ["127.0.0.1:3001:3001/tcp", "127.0.0.1:9090:9090/tcp"])
        }

        @Test("every variable of the compose file is explained in .env.example, and no other")
        func variables() throws {
            let file = try String(contentsOfFile: Self.compose, encoding: .utf8)
            let used = Set(file.matches(of: /\$\{([A-Z_]+)[:}]/).map { String($0.1) })
            let explained = Set(try exampleEnvironment().matches(of: /(?m)^([A-Z_]+)=/).map { String($0.1) })
            #expect(used.union(["COMPOSE_PROFILES"]) == explained)
        }

        @Test("the tokens are made once, one for each role, for their owner alone")
        func tokens() throws {
            let file = "\(folder.path)/tokens"
            try run("\(Installation.cluster)/tokens", [file])
            let made = try lines(of: file)
            #expect(made.dropFirst().map { $0.prefix { $0 != " " } } == ["viewer", "publisher", "metrics", "operator"])
            #expect(Set(made).count == made.count)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            try run("\(Installation.cluster)/tokens", [file])
            #expect(try lines(of: file) == made)
        }

        @Test(
            "systemd takes the drop-ins, and Prometheus its settings",
            .enabled(if: Tool.systemdAnalyze.isExpected, Tool.systemdAnalyze.comment),
            .enabled(if: Tool.promtool.isExpected, Tool.promtool.comment))
        func units() throws {
            let units = "\(folder.path)/units"
            for name in ["lectern", "kafka"] {
                let unit = "\(units)/\(name).service"
                for (from, to) in [
                    ("\(Installation.deploy)/systemd/\(name).service", unit),
                    ("\(Installation.cluster)/systemd/\(name).service.d/cluster.conf", "\(unit).d/cluster.conf"),
                ] {
                    try folder.write(
                        String(to.dropFirst(folder.path.count + 1)),
                        String(contentsOfFile: from, encoding: .utf8).replacing("/opt/", with: "\(folder.path)/").utf8)
                }
            }
            for program in ["lectern/bin/lectern", "kafka/bin/kafka-storage.sh", "kafka/bin/kafka-server-start.sh"] {
                try folder.write(program, "#!/bin/sh\n".utf8, mode: 0o755)
            }
            let process = try ChildProcess(
                "/usr/bin/env",
                ["SYSTEMD_UNIT_PATH=\(units):", "systemd-analyze", "verify", "--man=no"]
                    + ["lectern", "kafka"].map { "\(units)/\($0).service" })
            let exit = try process.wait()
            #expect(exit == .code(0) && process.complained == "", "\(process.complained)")

            for (name, to) in [
                ("prometheus", "prometheus"), ("cluster.rules", "cluster.rules"), ("targets", "targets/l"),
            ] {
                try folder.write(
                    "\(to).yml",
                    String(contentsOfFile: "\(Installation.cluster)/prometheus/\(name).yml", encoding: .utf8)
                        .replacing("/run/lectern/", with: "\(folder.path)/").utf8)
            }
            try folder.write("metrics-token", "some".utf8)
            try folder.copy("\(Installation.deploy)/prometheus/lectern.rules.yml", to: "lectern.rules.yml")
            try run("promtool", ["check", "config", "\(folder.path)/prometheus.yml"])
        }
    }
}
