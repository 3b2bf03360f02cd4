import Foundation
import KeyValueStore
import Records
import Testing

/// A store over the nodes of a cluster, whose slots move.
@Suite struct RedisClusterTests {
    @Test func whatIsStoredIsSpreadOverTheNodes() async throws {
        let cluster = try RedisCluster()
        let store = try RedisStore(cluster.configuration(prefix: "t:"))
        try store.commit(
            (0..<64).map { partition in
                checkpoint(partition: partition, blocks: [block("attempts", [([.text("s\(partition)")], cbor(1))])])
            })
        #expect(try store.plugins().count == 64)
        #expect(try await store.allKeys(prefix: "Internal,").count == 64)
        for node in cluster.nodes {
            #expect(try node.client("--scan", "--pattern", "t:*head:*").split(separator: "\n").count > 5)
        }
        try store.compact()
        try await store.clear()
        #expect(try store.plugins().isEmpty)
        for node in cluster.nodes {
            #expect(try node.client("--scan", "--pattern", "t:*head:*").split(separator: "\n").isEmpty)
        }
    }

    @Test func aServerOfAClusterWantsItsNodesInTheSettings() throws {
        let cluster = try RedisCluster()
        let errors = cluster.nodes.compactMap { node -> StoreError? in
            do {
                _ = try RedisStore(node.configuration)
                return nil
            } catch {
                return error as? StoreError
            }
        }
        // The catalog is on one of them.
        #expect(errors.count == 2)
        #expect(errors.allSatisfy { $0.description.contains("nodes") })
    }

    @Test func slotsMoveWhileTheyAreWritten() async throws {
        let cluster = try RedisCluster()
        let store = try RedisStore(cluster.configuration(prefix: "t:"))
        let epoch = try store.acquire(log: theLog, partitions: [0])[0]
        try await store.set("k", "0")
        try store.commit([checkpoint(position: 1, marks: Array("1".utf8), epoch: epoch)])
        let isMoved = Flag()
        let committing = Background {
            var step: UInt64 = 1
            // Some more when all is where it belongs.
            var left = 20
            while left > 0 {
                if isMoved.isSet { left -= 1 }
                step += 1
                let states = block("attempts", [([.text("s\(step % 9)")], cbor(Int(step)))])
                try store.commit([
                    checkpoint(position: step, blocks: [states], marks: Array("\(step)".utf8), epoch: epoch)
                ])
            }
        }
        for round in 0..<3 {
            for tag in ["0", "values", "catalog"] {
                let move = try SlotMove(tag: tag, in: cluster)
                try move.begin()
                try move.moveKeys()
                if tag == "values" {
                    // Its keys are there, and the slot is not yet: ASK.
                    try await store.set("k", "\(round)")
                    #expect(try await store.get("k") == "\(round)")
                }
                try move.moveKeys()
                try move.finish()
            }
            #expect(try await store.get("k") == "\(round)")
            #expect(try await store.compareAndSet("k", expected: "\(round)", value: "\(round + 1)"))
        }
        isMoved.set()
        try committing.wait()
        let restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(restored.position > 20)
        #expect(restored.marks == (1...restored.position).map { Array("\($0)".utf8) })
        // Who comes new finds the same.
        let other = try RedisStore(cluster.configuration(prefix: "t:"))
        #expect(try other.restore(plugin: "quiz", partition: 0)?.position == restored.position)
        #expect(try await other.get("k") == "3")
    }
}

/// A slot on its way from its node to another, as an operator moves it.
private struct SlotMove {
    let slot: String
    let cluster: RedisCluster
    let from: RedisServer
    let to: RedisServer
    private let ids: [String]

    init(tag: String, in cluster: RedisCluster) throws {
        self.cluster = cluster
        slot = try cluster.nodes[0].client("cluster", "keyslot", "{\(tag)}").word
        ids = try cluster.nodes.map { try $0.client("cluster", "myid").word }
        let number = Int(slot) ?? 0
        // Each node says of itself which slots it has.
        let owners = try cluster.nodes.indices.filter { index in
            let lines = try cluster.nodes[index].client("cluster", "nodes").split(separator: "\n")
            let mine = lines.first { $0.contains("myself") }?.split(separator: " ").dropFirst(8) ?? []
            return mine.contains { range in
                let ends = range.split(separator: "-").compactMap { Int($0) }
                return ends.count == 2 ? (ends[0]...ends[1]).contains(number) : ends == [number]
            }
        }
        let owner = try #require(owners.first)
        from = cluster.nodes[owner]
        to = cluster.nodes[(owner + 1) % cluster.nodes.count]
    }

    private func id(_ node: RedisServer) -> String { ids[cluster.nodes.firstIndex { $0 === node } ?? 0] }

    func begin() throws {
        try to.client("cluster", "setslot", slot, "importing", id(from))
        try from.client("cluster", "setslot", slot, "migrating", id(to))
    }

    func moveKeys() throws {
        while true {
            let keys = try from.client("cluster", "getkeysinslot", slot, "10").split(separator: "\n").map(String.init)
            if keys.isEmpty { return }
            try from.client(["migrate", "127.0.0.1", "\(to.port)", "", "0", "5000", "keys"] + keys)
        }
    }

    func finish() throws {
        for node in [to, from] + cluster.nodes.filter({ $0 !== to && $0 !== from }) {
            try node.client("cluster", "setslot", slot, "node", id(to))
        }
    }
}

extension String {
    fileprivate var word: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

/// Something that has happened or not; any thread.
final class Flag: Sendable {
    private let said = Said()
    var isSet: Bool { !said.all.isEmpty }
    func set() { said.add("") }
}
