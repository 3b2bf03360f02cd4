import EventLog
import FoundationEssentials
package import KeyValueStore
import Records

/// Takes students out of the stores.
struct StoreErasing {
    struct Result {
        var refolded: Set<String> = []
        var mayStillCount: Set<String> = []
        /// Values besides states, by the student's place.
        var values: [Int: Int] = [:]
    }

    let stores: KeyValueStores
    let students: ErasedStudents
    /// The log can't be folded anew from its first record.
    let isTruncated: Bool

    /// What hosts note beside checkpoints, under names like a plugin's, follows from control records alone.
    private static let notes = "lectern."

    /// Under this key each store says which erasures it has seen: a JSON array of pseudonyms.
    static let key = "lectern.erasures"

    /// The stores that have not seen all these erasures.
    static func names(of stores: KeyValueStores, lacking decisions: [ErasureDecision]) async throws -> [String] {
        var names: [String] = []
        for name in stores.names {
            let text = try await stores.store(named: name).get(key) ?? "[]"
            let seen = (try? JSONDecoder().decode(Set<String>.self, from: Data(text.utf8))) ?? []
            if decisions.contains(where: { !seen.contains($0.student) }) { names.append(name) }
        }
        return names
    }

    /// Whether a store holds anything.
    static func isEmpty(_ store: any KeyValueStore) async throws -> Bool {
        let keys = try await store.keys(prefix: "", after: nil, limit: 1).keys
        return try keys.isEmpty && store.plugins().isEmpty
    }

    /// Has each store say that it has seen these erasures.
    static func note(_ decisions: [ErasureDecision], in stores: KeyValueStores) async throws {
        let students = Set(decisions.map(\.student)).sorted().map { "\"\($0)\"" }
        for name in stores.names {
            try await stores.store(named: name).set(key, "[\(students.joined(separator: ","))]")
        }
    }

    /// - Parameters:
    ///   - wasChanged: the log is another one than that which the states were folded from.
    ///   - only: the stores; nil: all.
    func run(wasChanged: Bool, only: [String]? = nil) async throws -> Result {
        var result = Result()
        for name in only ?? stores.names {
            let store = try stores.store(named: name)
            if wasChanged { try eraseStates(store, &result) }
            try await eraseValues(store, &result)
            try store.compact()
        }
        return result
    }

    /// Where hosts share the log, one of them may have noticed that it is fenced, and drawn epochs of its own, before all
    /// is done.
    private func eraseStates(_ store: any KeyValueStore, _ result: inout Result) throws {
        for _ in 0..<10 {
            do { return try replaceStates(store, &result) } catch StoreError.fenced { continue }
        }
        try replaceStates(store, &result)
    }

    /// States are the fold of the log: those of the erased log are made by folding it. Where that can't be done, the states
    /// of the students' own keys go.
    private func replaceStates(_ store: any KeyValueStore, _ result: inout Result) throws {
        let positions = try store.plugins().filter { !$0.plugin.hasPrefix(Self.notes) }
        // A host that still had the store could put the states back.
        var epochs: [[UInt8]: Epochs] = [:]
        for (log, positions) in Dictionary(grouping: positions, by: \.log) {
            epochs[log] = try store.acquire(log: log, partitions: Set(positions.map(\.partition)).sorted())
        }
        for plugin in Set(positions.map(\.plugin)).sorted() {
            let log = positions.first { $0.plugin == plugin }?.log ?? []
            let owned = epochs[log] ?? Epochs(log: log, numbers: [:])
            guard isTruncated else {
                try store.discard(plugin: plugin, as: owned)
                result.refolded.insert(plugin)
                continue
            }
            var checkpoints: [Checkpoint] = []
            for position in positions where position.plugin == plugin {
                guard let stored = try store.restore(plugin: plugin, partition: position.partition) else { continue }
                for block in stored.blocks where block.spread {
                    result.mayStillCount.insert("\(plugin).\(block.component)")
                }
                checkpoints += without(
                    stored, plugin: plugin, partition: position.partition,
                    epoch: epochs[stored.log]?[position.partition] ?? 0)
            }
            try store.replace(plugin: plugin, with: checkpoints, as: owned)
        }
    }

    /// A checkpoint as it would be without the students' keys.
    private func without(
        _ stored: RestoredCheckpoint, plugin: String, partition: Int, epoch: UInt64
    ) -> [Checkpoint] {
        var blocks: [StateBlock] = []
        var known: [Set<[UInt8]>] = []
        for block in stored.blocks {
            let index =
                blocks.firstIndex {
                    $0.component == block.component && $0.incarnation == block.incarnation
                        && $0.external == block.external
                } ?? blocks.count
            if index == blocks.count {
                var empty = block
                (empty.bytes, empty.count) = ([], 0)
                blocks.append(empty)
                known.append([])
            }
            // The newest come first.
            block.forEachState { key, value in
                guard known[index].insert(key).inserted, let value, !isErased(key) else { return }
                blocks[index].append(key: key, value: value)
            }
        }
        // The pieces of marks stay apart: only a checkpoint can add one.
        let marks = stored.marks.isEmpty ? [[]] : stored.marks
        return marks.enumerated().map { index, marks in
            Checkpoint(
                log: stored.log, plugin: plugin, partition: partition, position: stored.position, epoch: epoch,
                blocks: index == 0 ? blocks : [], marks: marks, replacesMarks: index == 0, summary: stored.summary)
        }
    }

    private func isErased(_ key: [UInt8]) -> Bool {
        let parts = key.withUnsafeBytes { KeyBytes.decode($0) } ?? []
        return parts.contains { part in
            guard case .text(var text) = part else { return false }
            return text.withUTF8 { students.index(ofActor: UnsafeRawBufferPointer($0)) } != nil
        }
    }

    /// What plugins and operators have stored under keys of their own.
    private func eraseValues(_ store: any KeyValueStore, _ result: inout Result) async throws {
        var changes: [(key: String, value: String?, students: Set<Int>)] = []
        var cursor: String?
        repeat {
            let page = try await store.scan(prefix: "", after: cursor, limit: 1000)
            for entry in page.entries where entry.isValue {
                let (_, inKey) = students.replacingNames(entry.key, isJSON: false)
                let (value, inValue) = students.replacingNames(entry.value, isJSON: true)
                if !inKey.isEmpty {
                    changes.append((entry.key, nil, inKey))
                } else if !inValue.isEmpty {
                    changes.append((entry.key, value, inValue))
                }
            }
            cursor = page.next
        } while cursor != nil
        for (key, value, students) in changes {
            if let value { try await store.set(key, value) } else { try await store.delete(key) }
            for student in students { result.values[student, default: 0] += 1 }
        }
    }
}

extension StateBlock {
    /// Calls with each key and value; the value is nil where the state is gone.
    fileprivate func forEachState(_ body: ([UInt8], [UInt8]?) -> Void) {
        bytes.withUnsafeBytes { bytes in
            var at = 0
            while bytes.count - at >= 8 {
                let keyLength = Int(bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
                let valueLength = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)
                let key = Array(bytes[at + 8..<at + 8 + keyLength])
                at += 8 + keyLength
                if valueLength == Self.deleted {
                    body(key, nil)
                } else {
                    body(key, Array(bytes[at..<at + Int(valueLength)]))
                    at += Int(valueLength)
                }
            }
        }
    }

    fileprivate mutating func append(key: [UInt8], value: [UInt8]) {
        for length in [key.count, value.count] {
            bytes += withUnsafeBytes(of: UInt32(length).littleEndian) { Array($0) }
        }
        bytes += key + value
        count += 1
    }
}

extension KeyValueStore {
    /// What changes when students' states have been taken out of the store: then all that was taken from there before is
    /// out of date.
    package func erasures() async throws -> String? { try await get(StoreErasing.key) }
}

extension StoreEntry {
    /// It is what hosts keep for themselves, such as the keys of students.
    var isHosts: Bool { key.hasPrefix(KeyValueStores.ownPrefix) }

    /// It is what plugins and operators have stored under a key of their own.
    var isValue: Bool { StateKey(key) == nil && !isHosts }
}
