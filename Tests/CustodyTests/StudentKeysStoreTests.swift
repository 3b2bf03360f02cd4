import Custody
import EventLog
import KeyValueStore
import Testing

@Suite("Students' keys in a store of the settings")
struct StudentKeysStoreTests {
    private static let actors: [UInt64] = Array(0..<2_500)

    private static func new() -> [(actor: UInt64, key: StudentKey)] { actors.map { ($0, .random()) } }

    @Test("a key that was stored stays, and is found again")
    func kept() throws {
        let keys = StudentKeysStore(StubStore(), name: "kvs.students")
        #expect(try keys.find([1, 2]) == [nil, nil])
        let first = StudentKey.random()
        try keys.insert([(actor: 1, key: first)])
        try keys.insert([(actor: 1, key: .random()), (actor: 2, key: .random())])
        let found = try keys.find([2, 1])
        #expect(found[1] == .key(first) && found[0] != nil && found[0] != found[1])
    }

    @Test("of hosts that make keys of the same students at once, all use the same ones")
    func race() async throws {
        let folder = try DataFolder()
        let (configuration, path) = (folder.stores, folder.path)
        let stores = try KeyValueStores(configuration, folder: path)
        let found = try await withThrowingTaskGroup(of: [StoredKey?].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    // As on another host: a connection of its own.
                    let keys = StudentKeysStore(
                        try KeyValueStores(configuration, folder: path).default, name: "kvs.default")
                    try keys.insert(Self.new())
                    return try keys.find(Self.actors)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(found.allSatisfy { $0 == found[0] && !$0.contains(nil) })
        withExtendedLifetime(folder) {}
        #expect(try StudentKeysStore(stores.default, name: "kvs.default").find(Self.actors) == found[0])
    }

    @Test("a key does not show itself where it is printed")
    func secret() {
        let key = StudentKey.random()
        let digits = key.withUnsafeBytes { $0.map { String($0, radix: 16) } }
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), "\(StoredKey.key(key))", dumped] {
            #expect(text.contains("a student's key"))
            #expect(!text.contains(digits.suffix(4).joined()))
        }
    }

    @Test("what is no key where one should be is said, and not taken for a missing one")
    func damaged() async throws {
        let store = StubStore()
        let keys = StudentKeysStore(store, name: "kvs.students")
        try keys.insert([(actor: 10, key: .random())])
        let name = try #require(try await store.keys(prefix: "", after: nil, limit: 10).keys.first)
        try await store.set(name, "\"beef\"")
        let error = #expect(throws: LogError.self) { _ = try keys.find([10]) }
        #expect(error?.code == .keys)
        #expect(error?.description.contains(name) == true)
    }
}
