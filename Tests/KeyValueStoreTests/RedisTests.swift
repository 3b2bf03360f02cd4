import Foundation
import KeyValueStore
import Records
import Settings
import Testing

/// What only a Redis store has.
@Suite struct RedisTests {
    @Test func valuesOfAnEphemeralStoreAreForgotten() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        var configuration = server.configuration
        configuration.expiry = 1
        let store = try RedisStore(configuration)
        try await store.multiSet([StoreEntry(key: "a", value: "1"), StoreEntry(key: "b", value: "2")])
        #expect(try await store.compareAndSet("c", expected: nil, value: "3"))
        while try await !store.multiGet(["a", "b", "c"]).allSatisfy({ $0 == nil }) { usleep(10_000) }
        #expect(try await store.all().isEmpty)
        // Nothing is left of them, their names neither.
        while try server.client("keys", "*values*").trimmingCharacters(in: .whitespacesAndNewlines) != "" {
            usleep(10_000)
        }
    }

    @Test func anEphemeralStoreRefusesStatesAtOnce() throws {
        let folder = try Folder()
        var configuration = try folder.redis().configuration
        configuration.expiry = 30
        let store = try RedisStore(configuration)
        let error = #expect(throws: StoreError.self) { try store.acquire(log: theLog, partitions: [0]) }
        #expect(error?.description.contains("redis_ephemeral") == true)
        #expect(throws: StoreError.self) { try store.commit([checkpoint()]) }
        #expect(try store.plugins().isEmpty)
    }

    @Test func aServerThatEvictsIsRefusedForStates() async throws {
        let folder = try Folder()
        let server = try RedisServer(
            in: folder.path + "/r", more: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"])
        let store = try RedisStore(server.configuration)
        let error = #expect(throws: StoreError.self) { try store.acquire(log: theLog, partitions: [0]) }
        #expect(error?.description.contains("allkeys-lru") == true)
        try await store.set("k", "1")
    }

    @Test(arguments: [RedisServer.Persistence.none, .appendOnly, .snapshots])
    func aServerThatKeepsNothingIsWarnedOf(persistence: RedisServer.Persistence) throws {
        let folder = try Folder()
        let server = try RedisServer(in: folder.path + "/r", persistence: persistence)
        let said = Said()
        let store = try RedisStore(server.configuration) { said.add($0) }
        #expect(said.all.contains { $0.contains("appendonly") } == (persistence == .none))
        #expect(try store.plugins().isEmpty)
    }

    @Test func whoGetsAPartitionBackGoesOnFromWhatAnotherHasStored() throws {
        let folder = try Folder()
        let server = try folder.redis()
        let (one, other) = (try RedisStore(server.configuration), try RedisStore(server.configuration))
        for (position, store) in [(1, one), (2, other), (3, one), (4, other)] as [(UInt64, RedisStore)] {
            let epochs = try store.acquire(log: theLog, partitions: [0])
            try store.commit([checkpoint(position: position, epoch: epochs[0])])
        }
        #expect(try one.restore(plugin: "quiz", partition: 0)?.position == 4)
    }

    @Test func aPasswordIsAskedForAndNeverShown() async throws {
        let folder = try Folder()
        let acl = ["--requirepass", "sesame-1", "--user", "lectern", "on", ">sesame-2", "~*", "&*", "+@all"]
        let server = try RedisServer(in: folder.path + "/r", more: acl)
        var configuration = server.configuration
        for (user, password) in [(nil, "sesame-1"), ("lectern", "sesame-2")] as [(String?, String)] {
            configuration.user = user
            configuration.password = Secret(password)
            try await RedisStore(configuration).set("k", "1")
        }
        configuration.password = Secret("sesame-3")
        let wrong = #expect(throws: StoreError.self) { try RedisStore(configuration) }
        #expect(wrong?.description.contains("WRONGPASS") == true)
        #expect(wrong?.description.contains("sesame") == false)
        configuration.password = nil
        configuration.user = nil
        #expect(throws: StoreError.self) { try RedisStore(configuration) }
    }

    @Test func databasesAndPrefixesKeepStoresApart() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        var configurations: [RedisConfiguration] = []
        for (database, prefix) in [(0, "a:"), (3, "a:"), (0, "a:b"), (0, ""), (0, "*")] {
            var configuration = server.configuration
            configuration.database = database
            configuration.prefix = prefix
            configurations.append(configuration)
        }
        let stores = try configurations.map { try RedisStore($0) }
        for (index, store) in stores.enumerated() {
            try await store.set("k", "\(index)")
            try store.commit([checkpoint(position: UInt64(index))])
        }
        try server.client("set", "another's", "1")
        for (index, store) in stores.enumerated() {
            #expect(try await store.all(prefix: "k").map(\.value) == ["\(index)"])
            #expect(try store.plugins().map(\.position) == [UInt64(index)])
        }
        try await stores[0].clear()
        try await stores[4].clear()
        for index in [0, 4] { #expect(try await stores[index].allKeys().isEmpty) }
        for index in 1...3 { #expect(try await stores[index].get("k") == "\(index)") }
        #expect(try server.client("get", "another's") == "1\n")
    }

    @Test func noCommandGoesThroughAllKeysAtOnce() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try RedisStore(server.configuration)
        try await store.multiSet((0..<3000).map { StoreEntry(key: "k\($0)", value: "1") })
        try store.commit([checkpoint(blocks: [block("attempts", [([.text("s")], cbor(1))])])])
        #expect(try await store.allKeys(limit: 100).count == 3002)
        try await store.clear()
        let commands = try server.client("info", "commandstats")
        #expect(commands.contains("cmdstat_scan"))
        for forbidden in ["keys", "flushdb", "flushall"] { #expect(!commands.contains("cmdstat_\(forbidden):")) }
    }

    @Test func manyCheckpointsAreMergedIntoFew() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try RedisStore(server.configuration)
        for step in 1...2500 {
            try store.commit([
                checkpoint(
                    position: UInt64(step),
                    blocks: [block("attempts", [([.text("s\(step % 100)")], step % 100 == 7 ? nil : cbor(step))])],
                    marks: step % 100 == 0 ? [UInt8(step / 100)] : [])
            ])
        }
        // The thread that merges goes on after the last commit.
        while try server.client("--scan", "--pattern", "*entry:*").split(separator: "\n").count > 1100 {
            usleep(10_000)
        }
        try store.compact()
        #expect(try server.client("--scan", "--pattern", "*entry:*").split(separator: "\n").isEmpty)
        let restored = try store.restore(plugin: "quiz", partition: 0)
        #expect(restored?.position == 2500)
        #expect(restored?.marks == (1...25).map { [$0] })
        #expect(try await store.allKeys(prefix: "Internal,").count == 99)
        #expect(try await store.get("Internal,quiz.attempts@1,actor:s99") == "2499")
        try store.commit([checkpoint(position: 2501, blocks: [block("attempts", [([.text("s99")], cbor(1))])])])
        #expect(try await store.get("Internal,quiz.attempts@1,actor:s99") == "1")
    }

    @Test func compactingLeavesNothingInTheServersFiles() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try RedisStore(server.configuration)
        try store.commit([checkpoint(blocks: [block("attempts", [([.text("grace-hopper")], cbor(1))])])])
        try await store.set("note", "\"grace-hopper\"")
        try store.commit([checkpoint(position: 2, blocks: [block("attempts", [([.text("grace-hopper")], nil)])])])
        #expect(try await store.delete("note"))
        #expect(try run("grep", ["-rl", "grace-hopper", server.folder]) != "")
        try store.compact()
        #expect(try run("grep", ["-rl", "grace-hopper", server.folder]) == "")
        #expect(try store.plugins().map(\.position) == [2])
    }

    @Test func aMergeByAnotherProcessIsNoConflict() throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try RedisStore(server.configuration)
        for step in 1...3 as ClosedRange<UInt64> {
            try store.commit([
                checkpoint(position: step, blocks: [block("attempts", [([.text("s\(step)")], cbor(1))])])
            ])
        }
        try RedisStore(server.configuration).compact()
        try store.commit([checkpoint(position: 4)])
        #expect(try store.restore(plugin: "quiz", partition: 0)?.position == 4)
        #expect(try store.restore(plugin: "quiz", partition: 0)?.blocks.reduce(0) { $0 + $1.count } == 3)
    }

    @Test func aStoreForReadingChangesNothing() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        try await RedisStore(server.configuration).set("k", "1")
        let reader = try RedisStore(server.configuration, readOnly: true)
        #expect(try await reader.get("k") == "1")
        await #expect(throws: StoreError.self) { try await reader.set("k", "2") }
        #expect(throws: StoreError.self) { try reader.commit([checkpoint()]) }
        await #expect(throws: StoreError.self) { try await reader.clear() }
    }

    @Test func aServerThatIsNotThereIsNamed() throws {
        let configuration = RedisConfiguration(place: .server(.tcp(host: "127.0.0.1", port: RedisServer.freePort())))
        var impatient = configuration
        impatient.timeout = .milliseconds(50)
        let error = #expect(throws: StoreError.self) { try RedisStore(impatient) }
        #expect(error?.description.contains("127.0.0.1") == true)
    }

    /// Large states, of more than one entry and row each.
    @Test func largeCheckpointsComeBack() throws {
        let folder = try Folder()
        let store = try RedisStore(folder.redis().configuration)
        let value = [0x5a, 0x00, 0x10, 0x00, 0x00] + [UInt8](repeating: 7, count: 1 << 20)
        let keys = (0..<40).map { KeyPart.text("s\($0)") }
        for step in 1...2 as ClosedRange<UInt64> {
            try store.commit([
                checkpoint(position: step, blocks: [block("attempts", keys.map { ([$0], value) })], marks: [1])
            ])
        }
        try store.compact()
        let restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(restored.blocks.reduce(0) { $0 + $1.count } == 40)
        #expect(restored.blocks.allSatisfy { $0.bytes.count > value.count })
        #expect(restored.marks == [[1], [1]])
    }
}
