import Foundation
import Testing

extension IntegrationTests {
    @Suite(
        "Tables in PostgreSQL, of several hosts with one log",
        .enabled(if: PostgreSQLServer.isExpected, "there is no PostgreSQL server"))
    struct ClusterWarehouseTests {
        @Test("whoever writes the tables is killed, then another one is, then all go on: the fold's rows")
        func crashes() throws {
            let plugins = try TimelessPlugins()
            let database = try WarehouseDatabase()
            let cluster = try Cluster(hosts: 3, plugins: plugins.path, settings: database.settings)
            try cluster.waitForOwners(cluster.hosts)
            let group = try SimulatedClass(events: 24_000)
            for files in try group.cut(rounds: 2, senders: 3) {
                let senders = try zip(files, cluster.hosts).map {
                    try Replaying(lasting: $0, to: $1, ["--window", "128"])
                }
                for sender in senders { try sender.waitForAcknowledgement(of: 1_000) }
                let writer = try #require(try cluster.owner(of: 0))
                writer.crash()
                // For so long that another host has become the writer.
                try cluster.waitForOwners(cluster.hosts.filter { $0 !== writer })
                try writer.restart()
                try cluster.waitForOwners(cluster.hosts)
                let reports = try senders.map { try $0.finish(seconds: 120) }
                #expect(reports.reduce(0) { $0 + $1.acknowledged } == 12_000)
            }
            let expected = try Folding(inputs: [group.file], plugins: plugins.path)()
            var wrong: [String] = []
            let isSo = try eventually(seconds: 60) {
                wrong = try database.differences(from: expected)
                return wrong.isEmpty
            }
            #expect(isSo, "\(wrong)\n\(cluster.hosts.map(\.complained))")
            try cluster.stop()
        }
    }
}
