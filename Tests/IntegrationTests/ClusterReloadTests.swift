import Foundation
import Testing

extension IntegrationTests {
    @Suite("Plugins that several hosts with one log run", .enabled(if: Installation.isCompilerExpected, "needs gcc"))
    struct ClusterReloadTests {
        private let folder: TemporaryFolder
        private let group: SimulatedClass
        private let cluster: Cluster

        init() throws {
            folder = try TemporaryFolder()
            group = try SimulatedClass(events: 24_000)
            cluster = try Cluster()
            for number in 0..<3 {
                try FileManager.default.createDirectory(atPath: plugins(number), withIntermediateDirectories: true)
                try install(0, number)
                try cluster.add(plugins: plugins(number))
            }
            try cluster.waitForOwners(cluster.hosts)
        }

        /// The plugins' folder of a host.
        private func plugins(_ host: Int) -> String { "\(folder.path)/plugins-\(host)" }

        /// Puts a build of the counter into a host's folder in one step; every other one has states of another version.
        /// - Returns: its SHA-256.
        @discardableResult
        private func install(_ build: Int, _ host: Int) throws -> String {
            let made = "\(folder.path)/build-\(build)"
            if !FileManager.default.fileExists(atPath: made) {
                try CPlugin.build("CounterInC/counter.c", to: made, definitions: ["VERSION=\(build % 2 + 1)"])
                let stamped = try Data(contentsOf: URL(filePath: made)) + Data("build \(build)".utf8)
                try stamped.write(to: URL(filePath: made))
            }
            try Data(contentsOf: URL(filePath: made))
                .write(to: URL(filePath: "\(plugins(host))/counter.so"), options: .atomic)
            return String(try run("sha256sum", [made]).prefix(64))
        }

        private func send() throws -> [Replaying] {
            try zip(try group.cut(rounds: 1, senders: 3)[0], cluster.hosts).map {
                try Replaying(lasting: $0, to: $1, ["--window", "64"])
            }
        }

        private func finish(_ senders: [Replaying]) throws {
            let reports = try senders.map { try $0.finish(seconds: 120) }
            #expect(reports.reduce(0) { $0 + $1.acknowledged } == 24_000)
        }

        /// Waits until every host runs this build, in the eyes of each.
        private func waitForBuild(_ hash: String) throws {
            var seen: [ClusterStatus] = []
            let isSo = try eventually(seconds: 60) {
                seen = try cluster.hosts.compactMap { try ClusterStatus(of: $0) }
                return seen.count == 3
                    && seen.allSatisfy { $0.hosts.allSatisfy { $0.builds == ["counter-in-c": hash] } }
            }
            #expect(isSo, "\(seen)\n\(cluster.hosts.map(\.complained))")
        }

        private func expectStates(ofBuildOf host: Int) throws {
            let expected = try Folding(inputs: [group.file], plugins: plugins(host))()
            for host in cluster.hosts { try host.expectStates(equal: expected, seconds: 60) }
        }

        @Test("a new build comes to one host after the other under load: each event counts once")
        func rolling() throws {
            let senders = try send()
            for build in 1...3 {
                var hash = ""
                for number in 0..<3 {
                    hash = try install(build, number)
                    let answer = try cluster.hosts[number].reload()
                    #expect(answer.status == 200, "\(answer.body)")
                    // The first one is enough for all, and the others are told so.
                    #expect(number > 0 || answer.body.contains("\"change\":\"replaced\""), "\(answer.body)")
                }
                try waitForBuild(hash)
            }
            try finish(senders)
            try expectStates(ofBuildOf: 0)
            try cluster.stop()
        }

        @Test("hosts that lack a build fetch it, and keep it through a crash")
        func lacking() throws {
            let senders = try send()
            let hash = try install(1, 0)
            let answer = try cluster.hosts[0].reload()
            #expect(answer.status == 200 && answer.body.contains("\"change\":\"replaced\""), "\(answer.body)")
            try waitForBuild(hash)
            // It has it in its own folder by now.
            cluster.hosts[2].crash()
            try cluster.hosts[2].restart()
            try cluster.waitForOwners(cluster.hosts)
            try waitForBuild(hash)
            try finish(senders)
            try expectStates(ofBuildOf: 0)
            try cluster.stop()
        }

        @Test("a host that was away while the others went on to a new build joins with that one")
        func away() throws {
            #expect(try cluster.hosts[2].stop() == .code(0), "\(cluster.hosts[2].complained)")
            let hash = try install(1, 0)
            #expect(try cluster.hosts[0].reload().status == 200)
            try cluster.hosts[2].restart()
            try cluster.waitForOwners(cluster.hosts)
            try waitForBuild(hash)
            try finish(try send())
            try expectStates(ofBuildOf: 0)
            try cluster.stop()
        }
    }
}
