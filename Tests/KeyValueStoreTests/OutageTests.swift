import Foundation
import KeyValueStore
import Records
import Testing

/// What holds for every store whose server may go away.
@Suite struct OutageTests {
    private func epoch(_ store: any KeyValueStore) throws -> UInt64 {
        try store.acquire(log: theLog, partitions: [0])[0]
    }

    @Test(arguments: StoreKind.onServers) func aCheckpointWaitsForItsServer(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let epoch = try epoch(store)
        try store.commit([
            checkpoint(position: 1, blocks: [block("attempts", [([.text("s")], cbor(1))])], marks: [1], epoch: epoch)
        ])
        try folder.redis().stop()
        let second = Background {
            try store.commit([
                checkpoint(
                    position: 2, blocks: [block("attempts", [([.text("s")], cbor(2))])], marks: [2], epoch: epoch)
            ])
        }
        // It can't be in: there is nobody who could have it.
        #expect(!second.isOver)
        try folder.redis().start()
        try second.wait()
        let restored = try store.restore(plugin: "quiz", partition: 0)
        #expect(restored?.position == 2 && restored?.marks == [[1], [2]])
        #expect(try await store.get("Internal,quiz.attempts@1,actor:s") == "2")
        try await store.set("k", "1")
        #expect(try await store.get("k") == "1")
    }

    /// The connection is cut again and again; it may be before or after the server has carried a commit out.
    @Test(arguments: StoreKind.onServers) func aCommitWhoseAnswerWasLostCountsOnce(kind: StoreKind) throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try kind.open(in: folder)
        let epoch = try epoch(store)
        let committing = Background {
            for step in 1...600 {
                let states = block("attempts", [([.text("s\(step % 7)")], cbor(step))])
                try store.commit([
                    checkpoint(
                        position: UInt64(step), blocks: [states], marks: Array("\(step)".utf8), epoch: epoch)
                ])
            }
        }
        while !committing.isOver { try server.client("client", "kill", "type", "normal") }
        try committing.wait()
        let restored = try store.restore(plugin: "quiz", partition: 0)
        #expect(restored?.position == 600)
        #expect(restored?.marks == (1...600).map { Array("\($0)".utf8) })
    }

    @Test(arguments: StoreKind.onServers) func killingItsServerLosesNothing(kind: StoreKind) async throws {
        let folder = try Folder()
        let server = try folder.redis()
        let store = try kind.open(in: folder)
        let epoch = try epoch(store)
        let committing = Background {
            for step in 1...400 {
                let states = block("attempts", [([.text("s\(step % 50)")], cbor(step))])
                try store.commit([
                    checkpoint(
                        position: UInt64(step), blocks: [states], marks: Array("\(step)".utf8), epoch: epoch)
                ])
            }
        }
        for position in [50, 150, 300] as [UInt64] {
            while !committing.isOver, try store.plugins().first?.position ?? 0 < position { usleep(1000) }
            server.kill()
            try server.start()
        }
        try committing.wait()
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks.count == 400)
        #expect(try await store.allKeys(prefix: "Internal,").count == 50)
        #expect(try await store.get("Internal,quiz.attempts@1,actor:s49") == "399")
    }

    @Test func aStoreThatEndsDoesNotWaitForEver() throws {
        let folder = try Folder()
        let server = try folder.redis()
        var configuration = server.configuration
        configuration.shutdown = .zero
        let store = try RedisStore(configuration)
        try store.commit([checkpoint(position: 1)])
        server.stop()
        let committing = Background { try store.commit([checkpoint(position: 2)]) }
        store.stopWaiting()
        let error = #expect(throws: StoreError.self) { try committing.wait() }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try server.start()
        #expect(try RedisStore(server.configuration).plugins().map(\.position) == [1])
    }

    @Test func aValueThatCannotBeHadIsAnErrorThatNamesTheServer() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        var configuration = server.configuration
        configuration.timeout = .milliseconds(100)
        let store = try RedisStore(configuration)
        try await store.set("k", "1")
        server.stop()
        let error = await #expect(throws: StoreError.self) { try await store.get("k") }
        #expect(error?.description.contains(folder.path) == true)
        try server.start()
        configuration.timeout = .seconds(60)
        #expect(try await RedisStore(configuration).get("k") == "1")
    }

    @Test func nothingIsBuiltOnWhatAServerHasForgotten() throws {
        let folder = try Folder()
        let server = try RedisServer(in: folder.path + "/forgetful")
        let store = try RedisStore(server.configuration)
        try store.commit([checkpoint(position: 1, blocks: [block("attempts", [([.text("s")], cbor(1))])])])
        server.kill()
        try server.start()
        for _ in 0..<2 {
            #expect(throws: StoreError.otherCheckpoint(plugin: "quiz", partition: 0, position: nil, expected: 1)) {
                try store.commit([checkpoint(position: 2)])
            }
        }
        #expect(try store.plugins().isEmpty)
    }

    @Test func operatorsAreToldOfAnOutageAndItsEnd() async throws {
        let folder = try Folder()
        let server = try folder.redis()
        let said = Said()
        let store = try RedisStore(server.configuration) { said.add($0) }
        server.stop()
        let committing = Background { try store.commit([checkpoint(position: 1)]) }
        while said.all.isEmpty { usleep(1000) }
        try server.start()
        try committing.wait()
        #expect(said.all.count == 2)
        #expect(said.all.first?.contains("is away") == true && said.all.last?.contains("is back") == true)
    }
}
