import Foundation
import KeyValueStore
import Records
import Synchronization
import Testing

/// The filesystem store after a stop at every step of a change.
@Suite struct FilesystemCrashTests {
    private struct Stopped: Error {}

    private let before = [
        checkpoint(
            position: 1, blocks: [block("attempts", [([.text("s1")], cbor(1)), ([.text("s2")], cbor(1))])], marks: [1],
            summary: [1])
    ]
    private let after = [
        checkpoint(
            position: 2, blocks: [block("attempts", [([.text("s1")], nil), ([.text("s3")], cbor(2))])], marks: [2, 2],
            summary: [2]),
        checkpoint(
            partition: 1, position: 2, blocks: [block("attempts", [([.text("s4")], cbor(2))])], marks: [3],
            summary: [2]),
    ]

    /// All that a store tells of itself.
    private func everything(_ store: FilesystemStore) async throws -> [String] {
        let restored = try (0...1).map { try store.restore(plugin: "quiz", partition: $0) }
        return try await store.all().map { "\($0.key) \($0.value)" }.sorted()
            + restored.map { "\($0?.position ?? 0) \($0?.marks ?? []) \($0?.summary ?? [])" }
    }

    /// Runs `before` and `after` in a fresh store and stops after step number `stop` of the second. Returns what a new
    /// process finds, and the step's name; nil if there are fewer steps.
    private func outcome(stoppingAt stop: Int) async throws -> (found: [String], step: String)? {
        let folder = try Folder()
        let reached = Mutex<String?>(nil)
        do {
            let store = try FilesystemStore(path: folder.path)
            try store.commit(before)
            let steps = Atomic(0)
            store.interrupt { step in
                guard steps.wrappingAdd(1, ordering: .relaxed).newValue == stop else { return }
                reached.withLock { $0 = step }
                throw Stopped()
            }
            #expect(throws: Stopped.self) {
                try store.commit(after)
                if reached.withLock({ $0 == nil }) { throw Stopped() }
            }
        }
        guard let step = reached.withLock({ $0 }) else { return nil }
        return (try await everything(FilesystemStore(path: folder.path)), step)
    }

    @Test func aStopAtAnyStepLeavesAllOrNothing() async throws {
        let folder = try Folder()
        let store = try FilesystemStore(path: folder.path)
        try store.commit(before)
        let old = try await everything(store)
        try store.commit(after)
        let new = try await everything(store)
        #expect(old != new)
        var steps: [String] = []
        while let (found, step) = try await outcome(stoppingAt: steps.count + 1) {
            #expect(found == (step == "journalWritten" ? old : new), "after \(step)")
            steps.append(step)
        }
        #expect(steps.first == "journalWritten")
        #expect(steps.contains("journalNamed"))
        #expect(steps.contains("changeMade(0)"))
        #expect(steps.suffix(2) == ["changesSynced", "journalRemoved"])
        #expect(steps.count > 8)
    }

    /// The process lives on, as after a full disk.
    @Test func theNextCallFinishesWhatAnErrorStopped() async throws {
        let folder = try Folder()
        let store = try FilesystemStore(path: folder.path)
        try store.commit(before)
        store.interrupt { if $0 == "changeMade(1)" { throw Stopped() } }
        #expect(throws: Stopped.self) { try store.commit(after) }
        store.interrupt { _ in }
        #expect(try store.plugins().map(\.position) == [2, 2])
        #expect(try await store.get("Internal,quiz.attempts@1,actor:s1") == nil)
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks == [[1], [2, 2]])
    }

    @Test func aStopWhileFinishingIsNoHarm() async throws {
        let folder = try Folder()
        do {
            let store = try FilesystemStore(path: folder.path)
            try store.commit(before)
            store.interrupt { if $0 == "changeMade(2)" { throw Stopped() } }
            #expect(throws: Stopped.self) { try store.commit(after) }
            #expect(throws: Stopped.self) { try store.plugins() }
        }
        let store = try FilesystemStore(path: folder.path)
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks == [[1], [2, 2]])
        #expect(try store.restore(plugin: "quiz", partition: 1)?.marks == [[3]])
    }

    @Test func aTornJournalThatWasNeverNamedIsNothing() async throws {
        let folder = try Folder()
        do {
            let store = try FilesystemStore(path: folder.path)
            try await store.set("a", "1")
        }
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.path + "/journal.new"))
        let store = try FilesystemStore(path: folder.path)
        #expect(try await store.all() == [StoreEntry(key: "a", value: "1")])
    }

    @Test func aDamagedJournalIsSaid() throws {
        let folder = try Folder()
        do { _ = try FilesystemStore(path: folder.path) }
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.path + "/journal"))
        let error = #expect(throws: StoreError.self) { try FilesystemStore(path: folder.path) }
        #expect(error?.description.contains("/journal: damaged") == true)
    }

    @Test func oneProcessAtATime() async throws {
        let folder = try Folder()
        let store = try FilesystemStore(path: folder.path)
        try await store.set("a", "1")
        #expect(throws: StoreError.inUse(path: folder.path)) { try FilesystemStore(path: folder.path) }
        let reader = try FilesystemStore(path: folder.path, readOnly: true)
        #expect(try await reader.get("a") == "1")
        await #expect(throws: StoreError.self) { try await reader.set("a", "2") }
    }

    @Test func otherSettingsAreRefused() throws {
        let folder = try Folder()
        do { _ = try FilesystemStore(path: folder.path, subdirs: true) }
        let error = #expect(throws: StoreError.self) { try FilesystemStore(path: folder.path) }
        #expect(error?.description.contains("found a store of format 1, with subdirs") == true)
    }

    @Test func filesLieWhereTheKeysSay() async throws {
        let folder = try Folder()
        let store = try FilesystemStore(path: folder.path, subdirs: true)
        try await store.set("a/b c/../d", "{\"x\": 1}")
        let state = (key: [KeyPart.text("a,b")], value: Array("{}".utf8) as [UInt8]?)
        try store.commit([checkpoint(blocks: [block("attempts", [state], external: true)])])
        for (file, content) in [
            ("values/_a/_b c/_../d.json", "{\"x\": 1}"),
            ("states/quiz/0/External,quiz.attempts@1,actor:a%2Cb.json", "{}"),
        ] {
            #expect(try String(contentsOfFile: "\(folder.path)/\(file)", encoding: .utf8) == content)
        }
    }
}
