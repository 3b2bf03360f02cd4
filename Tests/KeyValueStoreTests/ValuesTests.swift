import KeyValueStore
import Testing

/// What holds for ordinary values in every store.
@Suite struct ValuesTests {
    @Test(arguments: StoreKind.allCases) func oddKeysNeitherCollideNorEscape(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        for (index, key) in oddKeys.enumerated() {
            #expect(try await store.get(key) == nil, "\(key)")
            try await store.set(key, "\(index)")
        }
        for (index, key) in oddKeys.enumerated() { #expect(try await store.get(key) == "\(index)", "\(key)") }
        #expect(try await store.multiGet(oddKeys + ["absent"]) == oddKeys.indices.map { "\($0)" } + [nil])
        let keys = try await store.allKeys()
        #expect(keys.count == oddKeys.count)
        #expect(Set(keys.map(bytes)) == Set(oddKeys.map(bytes)))
        for (index, key) in oddKeys.enumerated() where index.isMultiple(of: 2) {
            #expect(try await store.delete(key))
            #expect(try await !store.delete(key))
        }
        for (index, key) in oddKeys.enumerated() {
            #expect(try await store.get(key) == (index.isMultiple(of: 2) ? nil : "\(index)"), "\(key)")
        }
        #expect(try await store.allKeys().count == oddKeys.count / 2)
    }

    @Test(arguments: StoreKind.allCases, 1...5) func randomKeysAreKeptApart(kind: StoreKind, seed: Int) async throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        let alphabet = ["/", "_", "%", ".", ",", ":", "a", "é", "e\u{301}", "\u{0}", "#", "2", "F", "=", "\u{10ffff}"]
        let folder = try Folder()
        let store = try kind.open(in: folder)
        var expected: [[UInt8]: String] = [:]
        for step in 0..<150 {
            let key = (0..<Int.random(in: 0...5, using: &numbers)).map { _ in
                alphabet.randomElement(using: &numbers)!
            }.joined()
            if Int.random(in: 0..<4, using: &numbers) == 0 {
                #expect(try await store.delete(key) == (expected.removeValue(forKey: bytes(key)) != nil))
            } else {
                try await store.set(key, "\(step)")
                expected[bytes(key)] = "\(step)"
            }
        }
        let entries = try await store.all()
        #expect(entries.count == expected.count)
        #expect(Dictionary(entries.map { (bytes($0.key), $0.value) }) { a, _ in a } == expected)
    }

    @Test(arguments: StoreKind.allCases) func aScanMeetsEveryKeyOfItsPrefixOnce(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let keys = (0..<50).map { "roster/\($0)" } + (0..<20).map { "blob,\($0)" } + ["roster", "rostes", "\u{10ffff}"]
        try await store.multiSet(keys.map { StoreEntry(key: $0, value: "\"\($0)\"") })
        for limit in [1, 3, 50, 1000] {
            let entries = try await store.all(prefix: "roster/", limit: limit)
            #expect(Set(entries.map(\.key)) == Set(keys[..<50]))
            #expect(entries.count == 50)
            #expect(entries.allSatisfy { $0.value == "\"\($0.key)\"" })
            #expect(try await store.allKeys(limit: limit).count == keys.count)
        }
        #expect(try await store.all(prefix: "nothing").isEmpty)
        #expect(try await store.allKeys(prefix: "\u{10ffff}") == ["\u{10ffff}"])
    }

    @Test(arguments: StoreKind.allCases) func compareAndSetTakesOneWinner(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        #expect(try await !store.compareAndSet("k", expected: "1", value: "2"))
        #expect(try await store.compareAndSet("k", expected: nil, value: "1"))
        #expect(try await !store.compareAndSet("k", expected: nil, value: "3"))
        #expect(try await !store.compareAndSet("k", expected: "1.0", value: "3"))
        #expect(try await store.compareAndSet("k", expected: "1", value: "2"))
        #expect(try await store.get("k") == "2")
        #expect(try await store.compareAndSet("k", expected: "2", value: nil))
        #expect(try await store.get("k") == nil)
        // é and e with an accent are two values.
        try await store.set("k", "\"é\"")
        #expect(try await !store.compareAndSet("k", expected: "\"e\u{301}\"", value: "1"))

        try await store.set("count", "0")
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { try await store.compareAndSet("count", expected: "0", value: "1") }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test(arguments: StoreKind.allCases) func whatIsInsertedReplacesNothing(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        try await store.set("b", "1")
        try await store.insert(["a", "b", "c/d"].map { StoreEntry(key: $0, value: "2") })
        #expect(try await store.multiGet(["a", "b", "c/d"]) == ["2", "1", "2"])
        #expect(try await Set(store.allKeys()) == ["a", "b", "c/d"])
        await #expect(throws: StoreError.notJSON(key: "e")) {
            try await store.insert([StoreEntry(key: "d", value: "1"), StoreEntry(key: "e", value: "x")])
        }
        #expect(try await store.get("d") == nil)
        // Of many who insert at once, all find the first one's.
        let found = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await store.insert([StoreEntry(key: "k", value: "\(number)")])
                    return try await store.get("k")
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(found.count == 1 && found.first != .some(nil))
    }

    @Test(arguments: StoreKind.allCases) func onlyJSONIsStoredAndOnlyAllOfIt(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        for value in ["", "x", "{", "1,2", "1]", "{\"a\":1", "'a'", "nul", "1 2"] {
            await #expect(throws: StoreError.notJSON(key: "b")) {
                try await store.multiSet([StoreEntry(key: "a", value: "1"), StoreEntry(key: "b", value: value)])
            }
        }
        #expect(try await store.get("a") == nil)
        for value in ["null", "1", "-1.5e3", "\"x\"", " [1, 2]\n", "{\"a\": {\"b\": \"\\u0000é😀\"}}"] {
            try await store.set("a", value)
            #expect(try await store.get("a") == value)
        }
    }

    @Test(arguments: StoreKind.allCases) func statesAreNotSetByHand(kind: StoreKind) async throws {
        let folder = try Folder()
        let store = try kind.open(in: folder)
        let key = "Internal,quiz.attempts@1,actor:s"
        await #expect(throws: StoreError.stateKey(key)) { try await store.set(key, "1") }
        await #expect(throws: StoreError.stateKey(key)) { try await store.delete(key) }
        await #expect(throws: StoreError.stateKey(key)) {
            try await store.compareAndSet(key, expected: nil, value: "1")
        }
    }

    @Test(arguments: StoreKind.persistent) func valuesOutliveTheProcess(kind: StoreKind) async throws {
        let folder = try Folder()
        do {
            let store = try kind.open(in: folder)
            try await store.multiSet(oddKeys.map { StoreEntry(key: $0, value: "1") })
        }
        let store = try kind.open(in: folder)
        #expect(Set(try await store.allKeys().map(bytes)) == Set(oddKeys.map(bytes)))
        try await store.clear()
        #expect(try await store.allKeys().isEmpty)
    }
}
