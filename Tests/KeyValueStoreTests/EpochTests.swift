import KeyValueStore
import Records
import Settings
import Testing

/// What holds in every store for owners of partitions of which another has taken the place.
@Suite struct EpochTests {
    private let otherLog = [UInt8](repeating: 8, count: 16)

    @Test(arguments: StoreKind.holdingStates) func anEpochIsLargerThanAllBefore(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let first = try store.acquire(log: theLog, partitions: [0, 1, 5])
        let second = try store.acquire(log: theLog, partitions: [1, 5])
        #expect(first.numbers.keys.sorted() == [0, 1, 5] && first.log == theLog)
        #expect(second[1] > first[1] && second[5] > first[5])
        #expect(second[0] == 0)
        let third = try store.acquire(log: theLog, partitions: [0, 1], atLeast: [1: 100])
        #expect(third[0] > first[0] && third[1] == 100)
        #expect(try store.acquire(log: theLog, partitions: [1])[1] > 100)
    }

    @Test(arguments: StoreKind.holdingStates) func anOlderOwnerIsFenced(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let older = try store.acquire(log: theLog, partitions: [0, 1])
        let states = [block("attempts", [([.text("s1")], cbor(1))])]
        try store.commit([checkpoint(position: 1, blocks: states, epoch: older[0])])
        let newer = try store.acquire(log: theLog, partitions: [0])
        let before = try store.restore(plugin: "quiz", partition: 0)
        let expected = StoreError.fenced(partition: 0, epoch: older[0], present: newer[0])
        #expect(throws: expected) {
            try store.commit([checkpoint(position: 2, blocks: states, marks: [1], epoch: older[0])])
        }
        #expect(throws: expected) {
            try store.replace(plugin: "quiz", with: [checkpoint(epoch: older[0])], as: older)
        }
        #expect(throws: expected) { try store.discard(plugin: "quiz", as: older) }
        #expect(try store.restore(plugin: "quiz", partition: 0) == before)
        // What was not taken over goes on.
        try store.commit([checkpoint(partition: 1, position: 1, epoch: older[1])])
        try store.commit([checkpoint(position: 2, epoch: newer[0])])
        #expect(try store.plugins().map(\.position) == [2, 1])
        #expect(try store.plugins().map(\.epoch) == [newer[0], older[1]])
        // What goes by epochs of some partitions leaves those of others.
        try store.discard(plugin: "quiz", as: newer)
        #expect(try store.plugins().map(\.partition) == [1])
        #expect(try store.restore(plugin: "quiz", partition: 0) == nil)
    }

    @Test(arguments: StoreKind.holdingStates) func whatIsReplacedByEpochsIsThatOfTheirPartitions(
        kind: StoreKind
    ) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let own = try store.acquire(log: theLog, partitions: [0])
        let others = try store.acquire(log: theLog, partitions: [1])
        func states(_ value: Int) -> [StateBlock] { [block("attempts", [([.text("s1")], cbor(value))])] }
        try store.commit([checkpoint(position: 1, blocks: states(1), marks: [1], epoch: own[0])])
        try store.commit([checkpoint(partition: 1, position: 7, blocks: states(2), marks: [2], epoch: others[1])])
        let before = try store.restore(plugin: "quiz", partition: 1)
        try store.replace(
            plugin: "quiz", with: [checkpoint(position: 4, blocks: states(3), marks: [3], epoch: own[0])], as: own)
        #expect(try store.restore(plugin: "quiz", partition: 1) == before)
        let replaced = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(replaced.position == 4 && replaced.marks == [[3]])
    }

    @Test(arguments: StoreKind.holdingStates) func ofSeveralCheckpointsNoneIsStoredIfOneIsFenced(kind: StoreKind) throws
    {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let older = try store.acquire(log: theLog, partitions: [0])
        _ = try store.acquire(log: theLog, partitions: [0])
        #expect(throws: StoreError.self) {
            try store.commit([checkpoint("a", epoch: older[0]), checkpoint("b", epoch: older[0])])
        }
        #expect(try store.plugins().isEmpty)
    }

    @Test(arguments: StoreKind.holdingStates) func eachLogHasItsOwnEpochs(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        for _ in 0..<5 { _ = try store.acquire(log: otherLog, partitions: [0]) }
        let epochs = try store.acquire(log: theLog, partitions: [0])
        try store.commit([checkpoint(epoch: epochs[0])])
        #expect(try store.restore(plugin: "quiz", partition: 0)?.log == theLog)
        #expect(throws: StoreError.self) { try store.commit([checkpoint(log: otherLog, epoch: epochs[0])]) }
        #expect(try store.restore(plugin: "quiz", partition: 0)?.log == theLog)
    }

    @Test(arguments: StoreKind.holdingStates) func clearingTakesNobodysRight(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let older = try store.acquire(log: theLog, partitions: [0])
        let newer = try store.acquire(log: theLog, partitions: [0])
        try await store.clear()
        #expect(throws: StoreError.self) { try store.commit([checkpoint(epoch: older[0])]) }
        #expect(try store.acquire(log: theLog, partitions: [0])[0] > newer[0])
    }

    @Test(arguments: StoreKind.persistent) func epochsOutliveTheProcess(kind: StoreKind) throws {
        let folder = try Folder()
        var last: UInt64 = 0
        for _ in 0..<3 {
            let store = try kind.open(in: folder)
            let epochs = try store.acquire(log: theLog, partitions: [3])
            #expect(epochs[3] > last)
            last = epochs[3]
        }
        let store = try kind.open(in: folder)
        #expect(throws: StoreError.self) { try store.commit([checkpoint(partition: 3, epoch: last - 1)]) }
    }

    /// Two hosts, each with a store of its own, which both believe that the partition is theirs.
    @Test(arguments: [StoreKind.sqlite, .redis, .redisCluster])
    func ofTwoHostsTheLaterOneWrites(kind: StoreKind) throws {
        let folder = try Folder()
        let (first, second) = (try kind.open(in: folder), try kind.open(in: folder))
        let older = try first.acquire(log: theLog, partitions: [0])
        for position in 1...3 as ClosedRange<UInt64> {
            try first.commit([checkpoint(position: position, epoch: older[0])])
        }
        let newer = try second.acquire(log: theLog, partitions: [0])
        #expect(throws: StoreError.fenced(partition: 0, epoch: older[0], present: newer[0])) {
            try first.commit([checkpoint(position: 4, epoch: older[0])])
        }
        #expect(try second.restore(plugin: "quiz", partition: 0)?.position == 3)
        try second.commit([checkpoint(position: 4, epoch: newer[0])])
        #expect(throws: StoreError.self) { try first.commit([checkpoint(position: 5, epoch: older[0])]) }
        #expect(try first.plugins().map(\.position) == [4])
    }

    @Test func severalStoresGiveOnePluginTheSameEpochs() throws {
        let settings = try Settings(yaml: "kvs: {default: {type: stub}, a: {type: stub}, b: {type: stub}}", file: "f")
        let stores = try KeyValueStores(settings.validate { .init($0.section("kvs")) }, folder: "/")
        for _ in 0..<7 { _ = try stores.store(named: "a").acquire(log: theLog, partitions: [0, 1]) }
        _ = try stores.store(named: "b").acquire(log: theLog, partitions: [1])
        let all = try PluginStores(stores, names: ["p": "a", "q": "b"])
        let epochs = try all.acquire(log: theLog, partitions: [0, 1])
        for plugin in ["p", "q", "quiz"] {
            for partition in 0...1 {
                try all.commit([checkpoint(plugin, partition: partition, epoch: epochs[partition])])
                #expect(throws: StoreError.self) {
                    try all.commit([checkpoint(plugin, partition: partition, epoch: epochs[partition] - 1)])
                }
            }
        }
    }
}
