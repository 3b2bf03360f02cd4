import Foundation
import KeyValueStore
import Records
import Testing

@Suite struct SQLiteStoreTests {
    private func size(_ path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    /// 20,000 states of 100 bytes, 2 MB, written over and over: the database must not keep the old ones.
    @Test func sizeStaysWithinASmallMultipleOfTheStates() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder.path + "/s.sqlite", durable: false)
        var live = 0
        for step in 0..<40 {
            let states = (0..<20_000).map { index in
                (key: [KeyPart.text("student-\(index)")], value: cbor(step) + [UInt8](repeating: 0xf6, count: 100))
            }
            let block = block("attempts", states)
            live = block.bytes.count
            try store.commit([checkpoint(position: UInt64(step), blocks: [block])])
        }
        #expect(try size(folder.path + "/s.sqlite") < 7 * live)
        // The write-ahead log holds the largest transaction, a commit with a merge, and what may wait there.
        #expect(try size(folder.path + "/s.sqlite-wal") < 4 * live + (8 << 20))
        let restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(restored.blocks.reduce(0) { $0 + $1.bytes.count } <= 6 * live)
        #expect(restored.blocks.allSatisfy { $0.bytes.count <= 64 << 10 })
    }

    /// One state a second for three hours: one small row each, which must not pile up either.
    @Test func manySmallCheckpointsAreMerged() throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder.path + "/s.sqlite", durable: false)
        for step in 0..<10_000 {
            let state = (key: [KeyPart.text("s\(step % 10)")], value: cbor(step))
            try store.commit([checkpoint(position: UInt64(step), blocks: [block("attempts", [state])], marks: [1, 2])])
        }
        let restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(restored.blocks.count <= 260)
        #expect(restored.marks.count == 10_000)
        #expect(try size(folder.path + "/s.sqlite") < 1 << 20)
    }

    @Test func deletedStatesTakeNoSpace() async throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder.path + "/s.sqlite", durable: false)
        let keys = (0..<5_000).map { [KeyPart.text("student-\($0)")] }
        for _ in 0..<10 {
            let full = keys.map { (key: $0, value: [UInt8](repeating: 0xf6, count: 100) as [UInt8]?) }
            try store.commit([checkpoint(blocks: [block("attempts", full)])])
            try store.commit([checkpoint(blocks: [block("attempts", keys.map { ($0, nil) })])])
        }
        #expect(try await store.keys(prefix: "", after: nil, limit: 1).keys.isEmpty)
        #expect(try store.restore(plugin: "quiz", partition: 0)!.blocks.reduce(0) { $0 + $1.bytes.count } < 5 << 20)
    }

    @Test func aLargeStateHasARowOfItsOwn() async throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder.path + "/s.sqlite")
        let large = [0x59, 0xff, 0xff] + [UInt8](repeating: 1, count: 0xffff)
        for step in 0..<8 {
            let states = (0..<4).map { (key: [KeyPart.text("s\($0)")], value: $0 == step % 4 ? cbor(step) : large) }
            try store.commit([checkpoint(blocks: [block("texts", states)])])
        }
        #expect(try await store.get("Internal,quiz.texts@1,actor:s3") == "7")
        #expect(try await store.get("Internal,quiz.texts@1,actor:s0")?.count == 87_382)
        #expect(try await store.allKeys(prefix: "External,", limit: 1).count == 4)
    }

    @Test func readersSeeOneMomentWhileCheckpointsAreCommitted() async throws {
        let folder = try Folder()
        let store = try SQLiteStore(path: folder.path + "/s.sqlite", durable: false)
        func commit(_ step: Int) throws {
            let states = (0..<500).map { (key: [KeyPart.text("s\($0)")], value: cbor(step)) }
            try store.commit([checkpoint(position: UInt64(step), blocks: [block("attempts", states)])])
        }
        try commit(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for step in 1...100 { try commit(step) } }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<50 {
                        let entries = try await store.scan(prefix: "Internal,", after: nil, limit: 1_000).entries
                        #expect(entries.count == 500)
                        #expect(Set(entries.map(\.value)).count == 1)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func anotherProcessMayLookIn() async throws {
        let folder = try Folder()
        let path = folder.path + "/s.sqlite"
        #expect(throws: StoreError.self) { try SQLiteStore(path: path, readOnly: true) }
        let store = try SQLiteStore(path: path)
        try await store.set("a", "1")
        let reader = try SQLiteStore(path: path, readOnly: true)
        #expect(try await reader.get("a") == "1")
        try store.commit([checkpoint(position: 5)])
        #expect(try reader.plugins().map(\.position) == [5])
        #expect(throws: StoreError.self) { try reader.commit([checkpoint()]) }
    }

    @Test func whatIsNoStoreIsRefused() throws {
        let folder = try Folder()
        let path = folder.path + "/s.sqlite"
        try Data(repeating: 65, count: 10_000).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: path) }
        #expect(error?.description.contains(path) == true)
    }
}
