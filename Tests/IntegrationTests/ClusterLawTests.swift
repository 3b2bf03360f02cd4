import Foundation
import Glibc
import Testing

extension IntegrationTests {
    @Suite("Several hosts that are killed, stopped, joined and left")
    struct ClusterLawTests {
        private static let events = 200_000
        private static let rounds = 7

        private let plugins: TimelessPlugins
        private let group: SimulatedClass
        /// Of each round, what each sender sends.
        private let files: [[String]]
        private let cluster: Cluster

        init() throws {
            plugins = try TimelessPlugins()
            group = try SimulatedClass(events: Self.events, students: 300)
            files = try group.cut(rounds: Self.rounds, senders: 3)
            cluster = try Cluster(hosts: 3, plugins: plugins.path)
        }

        private func send(_ file: String, to host: HostProcess) throws -> Replaying {
            try Replaying(lasting: file, to: host, ["--window", "512"])
        }

        /// Sends the files of a round, one to each host, and comes back when a fourth of each is acknowledged.
        private func begin(_ round: Int, at hosts: [HostProcess]) throws -> [Replaying] {
            let senders = try zip(files[round], hosts).map { try send($0, to: $1) }
            for sender in senders { try sender.waitForAcknowledgement(of: Self.events / Self.rounds / 12) }
            return senders
        }

        /// What a host took and did not acknowledge is sent again, to another host.
        private func move(_ sender: Replaying, _ file: String, to host: HostProcess) throws -> Replaying {
            sender.crash()
            return try send(file, to: host)
        }

        /// - Returns: how many events the host has, of all that were sent.
        private func finish(_ senders: [Replaying]) throws -> Int {
            try senders.reduce(0) { sum, sender in
                let report = try sender.finish(seconds: 120)
                #expect(report.rejected == 0)
                return sum + report.events
            }
        }

        @Test("200,000 events while hosts come and go in every way: states and tables of one fold, in each host")
        func law() throws {
            let hosts = cluster.hosts
            try cluster.waitForOwners(hosts)
            var sent = 0

            for (round, host) in hosts.enumerated() {
                let senders = try begin(round, at: hosts)
                host.crash()
                try host.restart()
                try cluster.waitForOwners(hosts)
                sent += try finish(senders)
            }

            // Stopped with events on their way to it and from it, for so long that others take its partitions.
            var senders = try begin(3, at: hosts)
            kill(hosts[1].processID, SIGSTOP)
            senders[1] = try move(senders[1], files[3][1], to: hosts[2])
            try cluster.waitForOwners([hosts[0], hosts[2]])
            sent += try finish(senders)

            // Woken while the others go on.
            senders = try begin(4, at: [hosts[0], hosts[2], hosts[2]])
            kill(hosts[1].processID, SIGCONT)
            try cluster.waitForOwners(hosts)
            sent += try finish(senders)

            senders = try begin(5, at: hosts)
            let fourth = try cluster.add(plugins: plugins.path)
            try cluster.waitForOwners(cluster.hosts)
            sent += try finish(senders)

            senders = try begin(6, at: [hosts[0], fourth, hosts[2]])
            #expect(try fourth.stop() == .code(0), "\(fourth.complained)")
            senders[1] = try move(senders[1], files[6][1], to: hosts[1])
            try cluster.waitForOwners(hosts)
            sent += try finish(senders)

            #expect(sent == Self.events)
            try cluster.expectStatesAndTables(equal: Folding(inputs: [group.file], plugins: plugins.path)())
            for host in hosts { #expect(try host.request("/readyz").status == 200) }
            try cluster.stop()
        }
    }
}
