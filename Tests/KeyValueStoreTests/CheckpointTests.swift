import KeyValueStore
import Records
import Testing

/// What holds for checkpoints in every store.
@Suite struct CheckpointTests {
    /// What a caller makes of a restored checkpoint.
    private func states(_ restored: RestoredCheckpoint?) -> [String: [[UInt8]: [UInt8]]] {
        var states: [String: [[UInt8]: [UInt8]]] = [:]
        var seen: Set<[UInt8]> = []
        for block in restored?.blocks ?? [] {
            let name = "\(block.component)@\(block.incarnation)\(block.external ? " external" : "")"
            var rest = block.bytes[...]
            for _ in 0..<block.count {
                let lengths = [0, 4].map { at in
                    (0..<4).reduce(UInt32(0)) { $0 | UInt32(rest[rest.startIndex + at + $1]) << ($1 * 8) }
                }
                let key = Array(rest.dropFirst(8).prefix(Int(lengths[0])))
                let isGone = lengths[1] == StateBlock.deleted
                let value = isGone ? [] : Array(rest.dropFirst(8 + key.count).prefix(Int(lengths[1])))
                rest = rest.dropFirst(8 + key.count + value.count)
                guard seen.insert(Array(name.utf8) + key).inserted, !isGone else { continue }
                states[name, default: [:]][key] = value
            }
            #expect(rest.isEmpty)
        }
        return states
    }

    @Test(arguments: StoreKind.holdingStates) func theHeadIsTheLastOne(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        #expect(try store.restore(plugin: "quiz", partition: 0) == nil)
        #expect(try store.plugins().isEmpty)
        try store.commit([
            checkpoint(position: 10, marks: [1, 2], summary: [9]),
            checkpoint("quiz", partition: 11, position: .max, marks: [], summary: []),
            checkpoint("engagement", partition: 2, position: 5),
        ])
        try store.commit([checkpoint(position: 20, marks: [3], summary: [8, 8])])
        try store.commit([checkpoint(position: 21, summary: [7])])
        let restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(restored.position == 21)
        #expect(restored.epoch == 3)
        #expect(restored.log == theLog)
        #expect(restored.summary == [7])
        #expect(restored.marks == [[1, 2], [3]])
        #expect(restored.blocks.isEmpty)
        let positions = try store.plugins()
        #expect(positions.map(\.plugin) == ["engagement", "quiz", "quiz"])
        #expect(positions.map(\.partition) == [2, 0, 11])
        #expect(positions.map(\.position) == [5, 21, .max])
    }

    @Test(arguments: StoreKind.holdingStates) func theHeadCanBeReadAlone(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        #expect(try store.head(plugin: "quiz", partition: 0) == nil)
        let states = [block("scores", [([.text("a")], cbor(1))])]
        try store.commit([checkpoint(position: 10, blocks: states, marks: [1, 2], summary: [9])])
        try store.commit([checkpoint(position: 20, blocks: states, marks: [3], summary: [8, 8])])
        var restored = try #require(try store.restore(plugin: "quiz", partition: 0))
        #expect(!restored.blocks.isEmpty)
        (restored.marks, restored.blocks) = ([], [])
        #expect(try store.head(plugin: "quiz", partition: 0) == restored)
        #expect(try store.head(plugin: "quiz", partition: 1) == nil)
    }

    @Test(arguments: StoreKind.holdingStates) func marksAreAddedOrReplaced(kind: StoreKind) throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        var expected: [[UInt8]] = []
        for step in 0..<200 {
            let marks = [UInt8](repeating: UInt8(step), count: step * 7 % 3000)
            try store.commit([checkpoint(position: UInt64(step), marks: marks)])
            if !marks.isEmpty { expected.append(marks) }
        }
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks == expected)
        try store.commit([checkpoint(marks: [1, 2], replacesMarks: true)])
        try store.commit([checkpoint(marks: [3])])
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks == [[1, 2], [3]])
        try store.commit([checkpoint(replacesMarks: true)])
        #expect(try store.restore(plugin: "quiz", partition: 0)?.marks == [])
    }

    @Test(arguments: StoreKind.holdingStates, 1...3)
    func restoringGivesTheNewestStates(kind: StoreKind, seed: Int) async throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        let folder = try Folder()
        var store = try kind.open(in: folder)
        var expected: [Int: [String: [[UInt8]: [UInt8]]]] = [:]
        let names = ["attempts@1", "attempts@2", "minutes@1", "minutes@1 external"]
        let commits = kind == .sqlite || kind == .stub ? 120 : 30
        for step in 0..<commits {
            var checkpoints: [Checkpoint] = []
            for partition in 0..<3 where Int.random(in: 0..<3, using: &numbers) > 0 {
                var blocks: [StateBlock] = []
                for (index, name) in names.enumerated() where Int.random(in: 0..<3, using: &numbers) > 0 {
                    var changes: [[UInt8]: [UInt8]?] = [:]
                    for _ in 0..<Int.random(in: 0...40, using: &numbers) {
                        let key = KeyBytes.encode([.text("s\(Int.random(in: 0..<60, using: &numbers))-\(partition)")])
                        let isGone = Int.random(in: 0..<5, using: &numbers) == 0
                        // Large enough for several rows, small enough to be quick.
                        let size = Int.random(in: 0..<4, using: &numbers) == 0 ? 5_000 : 10
                        let value = cbor(step * 1000 + index) + [UInt8](repeating: 0, count: 0)
                        changes[key] = .some(isGone ? nil : value + [UInt8](repeating: 0xf6, count: size))
                    }
                    var block = StateBlock(
                        component: String(name.prefix { $0 != "@" }), incarnation: name.contains("@2") ? 2 : 1,
                        fields: ["actor"], spread: false, external: name.hasSuffix("external"), bytes: [], count: 0)
                    for (key, value) in changes {
                        block.append(key: key, value: value)
                        expected[partition, default: [:]][name, default: [:]][key] = value
                    }
                    blocks.append(block)
                }
                checkpoints.append(checkpoint(partition: partition, position: UInt64(step), blocks: blocks))
            }
            try store.commit(checkpoints)
            if kind != .stub && step % 25 == 24 { store = try reopen(kind, &store, folder) }
            guard step % 10 == 9 else { continue }
            for partition in 0..<3 {
                let restored = states(try store.restore(plugin: "quiz", partition: partition))
                #expect(restored == (expected[partition] ?? [:]).filter { !$0.value.isEmpty }, "step \(step)")
            }
        }
        // Every state is found by its key and met once by a scan.
        let live = expected.values.reduce(0) { $0 + ($1["attempts@2"]?.count ?? 0) }
        #expect(try await store.allKeys(prefix: "Internal,quiz.attempts@2,", limit: 13).count == live)
        #expect(Set(try await store.allKeys(prefix: "Internal,quiz.attempts@2,", limit: 50)).count == live)
    }

    /// A folder is locked until its store has gone.
    private func reopen(
        _ kind: StoreKind, _ store: inout any KeyValueStore, _ folder: Folder
    ) throws -> any KeyValueStore {
        store = StubStore()
        return try kind.open(in: folder)
    }

    /// Who reads what another stores, sometimes much later, while that is merged and replaced.
    @Test(arguments: [StoreKind.redis, .redisCluster], 1...3)
    func whoFollowsTheChangesHasWhatIsStored(kind: StoreKind, seed: Int) throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        let folder = try Folder()
        let store = try kind.open(in: folder)
        var followed: RestoredCheckpoint?
        var (changes, restored) = (0, 0)
        for step in 1...300 {
            let blocks = ["scores", "visits"].map { component in
                block(
                    component,
                    (0..<4).compactMap { key in
                        Bool.random(using: &numbers)
                            ? ([.text("\(key)")], key == 0 && step % 3 == 0 ? nil : cbor(step)) : nil
                    })
            }
            let new = checkpoint(position: UInt64(step), blocks: blocks)
            if step % 90 == 0 { try store.replace(plugin: "quiz", with: [new]) } else { try store.commit([new]) }
            if step % 70 == 0 { try store.compact() }
            guard Int.random(in: 0..<4, using: &numbers) == 0 else { continue }
            if let known = followed, let version = known.version,
                let found = try store.changes(plugin: "quiz", partition: 0, since: version)
            {
                followed?.blocks = found.blocks.reversed() + known.blocks
                followed?.version = found.version
                #expect(found.position == UInt64(step))
                changes += 1
            } else {
                followed = try store.restore(plugin: "quiz", partition: 0)
                restored += 1
            }
            #expect(try states(followed) == states(store.restore(plugin: "quiz", partition: 0)))
        }
        #expect(changes > 40 && (5...10).contains(restored))
    }

    @Test(arguments: StoreKind.holdingStates) func statesAreReadLikeValues(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let s1: [KeyPart] = [.text("s1")]
        try store.commit([
            checkpoint(
                partition: 4,
                blocks: [
                    block("attempts", [(s1, cbor(5)), ([.text("s2")], cbor(6))]),
                    block("minutes", [(s1, cbor(50))]),
                    block("minutes", [(s1, Array("{\"minutes\":50}".utf8))], external: true),
                ])
        ])
        try store.commit([
            checkpoint(partition: 4, blocks: [block("attempts", [(s1, cbor(7)), ([.text("s2")], nil)])])
        ])
        try await store.set("other", "1")
        let expected = [
            "External,quiz.attempts@1,actor:s1": "7", "External,quiz.minutes@1,actor:s1": "{\"minutes\":50}",
            "Internal,quiz.attempts@1,actor:s1": "7", "Internal,quiz.minutes@1,actor:s1": "50", "other": "1",
        ]
        for limit in 1...6 {
            let entries = try await store.all(limit: limit)
            #expect(entries.count == expected.count)
            #expect(Dictionary(entries.map { ($0.key, $0.value) }) { a, _ in a } == expected)
        }
        for (key, value) in expected { #expect(try await store.get(key) == value) }
        #expect(try await store.all(prefix: "External,quiz.m").map(\.value) == ["{\"minutes\":50}"])
        for key in [
            "Internal,quiz.attempts@1,actor:s2", "Internal,quiz.attempts@2,actor:s1", "Internal,quiz.attempts@1",
            "Internal,quiz.attempts@1,module:s1", "External,quiz.minutes@1,actor:s2",
            "Internal,other.attempts@1,actor:s1", "Internal,quiz.attempts@1,actor:s1,partition:4",
        ] {
            #expect(try await store.get(key) == nil, "\(key)")
        }
    }

    @Test(arguments: StoreKind.holdingStates) func spreadStatesNameTheirPartition(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        // A field may be called partition too.
        let fields = ["partition", "module"]
        let key: [KeyPart] = [.text("7"), .text("m")]
        try store.commit(
            [1, 2].map { partition in
                checkpoint(
                    partition: partition,
                    blocks: [block("votes", [(key, cbor(partition))], fields: fields, spread: true)])
            })
        let expected = (1...2).map { ("Internal,quiz.votes@1,module:m,partition:7,partition:\($0)", "\($0)") }
        for (key, value) in expected { #expect(try await store.get(key) == value) }
        #expect(try await store.get("Internal,quiz.votes@1,module:m,partition:7,partition:3") == nil)
        #expect(try await store.get("Internal,quiz.votes@1,module:m,partition:7") == nil)
        #expect(Set(try await store.allKeys(prefix: "Internal,")) == Set(expected.map(\.0)))
    }

    @Test(arguments: StoreKind.holdingStates) func aCheckpointIsAllOrNothing(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        try store.commit([checkpoint(blocks: [block("attempts", [([.text("s1")], cbor(1))])])])
        var torn = block("attempts", [([.text("s1")], cbor(2)), ([.text("s2")], cbor(2))])
        torn.bytes.removeLast()
        var miscounted = block("attempts", [([.text("s1")], cbor(2))])
        miscounted.count = 2
        let otherFields = block("attempts", [([.text("s1")], cbor(2))], fields: ["module"])
        for bad in [torn, miscounted, otherFields] {
            #expect(throws: StoreError.self) {
                try store.commit([
                    checkpoint(position: 9, blocks: [block("attempts", [([.text("s1")], cbor(9))])], marks: [9]),
                    checkpoint(partition: 1, position: 9, blocks: [block("minutes", [([.text("s1")], cbor(9))]), bad]),
                    checkpoint(partition: 0, position: 10, blocks: [bad]),
                ])
            }
        }
        #expect(try store.plugins().map(\.position) == [1])
        #expect(try await store.all(prefix: "Internal,").map(\.value) == ["1"])
        try store.commit([checkpoint(position: 2, blocks: [block("attempts", [([.text("s2")], cbor(3))])])])
        #expect(states(try store.restore(plugin: "quiz", partition: 0))["attempts@1"]?.count == 2)
    }

    @Test(arguments: StoreKind.holdingStates) func discardingLeavesOthersAlone(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let blocks = [block("attempts", [([.text("s1")], cbor(1))])]
        try store.commit([checkpoint("a", blocks: blocks, marks: [1]), checkpoint("b", blocks: blocks, marks: [1])])
        try store.discard(plugin: "a")
        #expect(try store.restore(plugin: "a", partition: 0) == nil)
        #expect(try store.plugins().map(\.plugin) == ["b"])
        #expect(try await store.allKeys(prefix: "Internal,") == ["Internal,b.attempts@1,actor:s1"])
        try store.commit([checkpoint("a", blocks: [block("attempts", [([.text("s2")], cbor(2))])])])
        #expect(states(try store.restore(plugin: "a", partition: 0))["attempts@1"]?.count == 1)
        #expect(try store.restore(plugin: "a", partition: 0)?.marks == [])
        try await store.clear()
        #expect(try store.plugins().isEmpty)
        #expect(try await store.allKeys().isEmpty)
        try store.commit([checkpoint("a", blocks: blocks)])
        #expect(try await store.get("External,a.attempts@1,actor:s1") == "1")
    }

    @Test(arguments: StoreKind.holdingStates) func replacingLeavesNothingOfWhatWasThere(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let old = [block("attempts", [([.text("s1")], cbor(1)), ([.text("s2")], cbor(2))])]
        for partition in 0..<2 {
            try store.commit([checkpoint("a", partition: partition, position: 9, blocks: old, marks: [1])])
        }
        try store.commit([checkpoint("b", blocks: old)])
        var new = block("attempts", [([.text("s1")], cbor(5))])
        new.incarnation = 2
        // Of several for one partition each adds to the one before.
        try store.replace(
            plugin: "a",
            with: [
                checkpoint("a", position: 4, blocks: [new], marks: [2]),
                checkpoint("a", position: 4, blocks: [], marks: [3]),
            ])
        let restored = try #require(try store.restore(plugin: "a", partition: 0))
        #expect(restored.position == 4 && restored.marks == [[2], [3]])
        #expect(states(restored) == ["attempts@2": [KeyBytes.encode([.text("s1")]): cbor(5)]])
        #expect(try store.restore(plugin: "a", partition: 1) == nil)
        #expect(try store.restore(plugin: "b", partition: 0) != nil)
        // What can't be stored changes nothing.
        var bad = new
        bad.count = 7
        #expect(throws: StoreError.self) { try store.replace(plugin: "a", with: [checkpoint("a", blocks: [bad])]) }
        #expect(try store.restore(plugin: "a", partition: 0) == restored)
    }

    @Test(arguments: StoreKind.persistent) func checkpointsOutliveTheProcess(kind: StoreKind) async throws {
        let folder = try Folder()
        let long = String(repeating: "😀", count: 500)
        do {
            let store = try kind.open(in: folder)
            try store.commit([
                checkpoint(
                    position: 77, blocks: [block("attempts", [([.text(long)], cbor(1)), ([.text("")], cbor(2))])],
                    marks: [1], summary: [2])
            ])
        }
        let store = try kind.open(in: folder)
        let restored = try store.restore(plugin: "quiz", partition: 0)
        #expect(restored?.position == 77)
        #expect(states(restored)["attempts@1"]?[KeyBytes.encode([.text(long)])] == cbor(1))
        #expect(try await store.get("External,quiz.attempts@1,actor:") == "2")
        #expect(try await store.allKeys(prefix: "Internal,").count == 2)
    }
}
