import Foundation
import Glibc
import Testing

extension IntegrationTests {
    @Suite("Several hosts with one log")
    struct ClusterTests {
        private let plugins: TimelessPlugins

        init() throws { plugins = try TimelessPlugins() }

        @Test("two hosts share the partitions; what one leaves goes to the other, and is shared when it is back")
        func shared() throws {
            let cluster = try Cluster(hosts: 2, plugins: plugins.path)
            try cluster.waitForOwners(cluster.hosts)
            let counts = try cluster.hosts.map { try $0.metric("lectern_owned_partitions") }
            #expect(counts.reduce(0, +) == Cluster.partitions && counts.allSatisfy { $0 > 0 }, "\(counts)")
            #expect(try cluster.hosts[1].stop() == .code(0), "\(cluster.hosts[1].complained)")
            try cluster.waitForOwners([cluster.hosts[0]])
            #expect(try cluster.hosts[0].metric("lectern_owned_partitions") == Cluster.partitions)
            try cluster.hosts[1].restart()
            try cluster.waitForOwners(cluster.hosts)
            try cluster.stop()
        }

        @Test("each host knows where the others are, how far they are and which builds they have")
        func known() throws {
            let cluster = try Cluster(hosts: 2, plugins: plugins.path)
            try cluster.waitForOwners(cluster.hosts)
            let group = try SimulatedClass(events: 2_000)
            #expect(try Replaying([group.file], to: cluster.hosts[0]).finish().acknowledged == 2_000)
            let builds = try Dictionary(
                uniqueKeysWithValues: ["edx-tracking", "engagement", "quiz-analytics"].map { id in
                    (id, try run("sha256sum", ["\(plugins.path)/\(id).so"]).prefix(64).description)
                })
            for host in cluster.hosts {
                var status: ClusterStatus?
                let isSo = try eventually(seconds: 30) {
                    status = try ClusterStatus(of: host)
                    return status?.hosts.count == 2
                        && status?.hosts.allSatisfy { $0.builds == builds && $0.lag?.messages == 0 } == true
                }
                #expect(isSo, "\(String(describing: status))")
                let addresses = Set(status?.hosts.map(\.address) ?? [])
                #expect(addresses == Set(cluster.hosts.map { "127.0.0.1:\($0.port)" }), "\(addresses)")
                #expect(status?.group == "lectern")
            }
            try cluster.stop()
        }

        @Test("any host shows all states, tables, dashboards and events within seconds, whoever took the events")
        func served() throws {
            let cluster = try Cluster(hosts: 2, plugins: plugins.path)
            try cluster.waitForOwners(cluster.hosts)
            let streams = try cluster.hosts.map {
                try ChildProcess("curl", ["-sN", "\($0.address)/dashboards/quiz-analytics/class/stream"])
            }
            #expect(try eventually(seconds: 30) { streams.allSatisfy { $0.printed.contains("event: snapshot") } })
            let group = try SimulatedClass(events: 2_000)
            #expect(try Replaying([group.file], to: cluster.hosts[0]).finish().acknowledged == 2_000)
            let expected = try Folding(inputs: [group.file], plugins: plugins.path)()
            for host in cluster.hosts {
                try host.expectStates(equal: expected)
                try host.expectTables(equal: expected)
            }
            for host in cluster.hosts { #expect(try events(host) == 2_000) }
            // A student of each partition, in the page that was open all the time.
            let students = Set(try expected.rows(of: "quiz-analytics.learners").compactMap { $0["learner"] })
            #expect(students.count == 30)
            #expect(
                try eventually(seconds: 20) {
                    streams.allSatisfy { stream in
                        let printed = stream.printed
                        return students.allSatisfy { printed.contains($0) }
                    }
                })
            try cluster.stop()
        }

        /// How many events a host shows, page by page.
        private func events(_ host: HostProcess) throws -> Int {
            var (path, count) = ("/api/v1/events?limit=700", 0)
            while true {
                let page = try JSONRow.object(host.operate(path).body)
                count += (page["events"] as? [Any])?.count ?? 0
                guard let next = page["next"] as? String else { return count }
                path = next
            }
        }

        @Test("a host that was stopped while its partitions went to another stores nothing, joins anew and is ready")
        func fenced() throws {
            let group = try SimulatedClass(events: 6_000)
            let rounds = try group.cut(rounds: 2, senders: 1)
            // What it has folded is not stored when it is stopped.
            let cluster = try Cluster(hosts: 2, plugins: plugins.path, settings: ["reduction.checkpoint=3s"])
            let (first, second) = (cluster.hosts[0], cluster.hosts[1])
            try cluster.waitForOwners([first, second])
            let owned = try #require(try ClusterStatus(of: first)?.own?.partitions)
            #expect(try Replaying(rounds[0], to: second).finish().acknowledged == 3_000)
            kill(first.processID, SIGSTOP)
            try cluster.waitForOwners([second])
            #expect(try Replaying(rounds[1], to: second).finish().acknowledged == 3_000)
            let expected = try Folding(inputs: [group.file], plugins: plugins.path)()
            try second.expectStates(equal: expected, seconds: 60)
            kill(first.processID, SIGCONT)
            // It can't know at once that it has lost them.
            try cluster.waitForOwners([first, second])
            #expect(!owned.isEmpty)
            #expect(try eventually(seconds: 30) { try first.request("/readyz").status == 200 }, "\(first.complained)")
            try cluster.expectStatesAndTables(equal: expected)
            try cluster.stop()
        }

        @Test(
            "a group whose states each host keeps for itself is a mistake in the settings", arguments: ["", "sqlite"])
        func unsharedStore(_ type: String) throws {
            let settings =
                ["log.kafka.brokers=[127.0.0.1:9092]", "log.kafka.group=lectern"]
                + (type.isEmpty ? [] : ["kvs.default.type=\(type)"])
            let check = try ChildProcess(
                Installation.lectern, ["config", "check"] + settings.flatMap { ["--set", $0] })
            #expect(try check.wait() == .code(1))
            for part in ["log.kafka.group", "kvs.default", "redis"] {
                #expect(check.complained.contains(part), "\(check.complained)")
            }
        }
    }
}
