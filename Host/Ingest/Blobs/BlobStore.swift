import CPluginAPI
package import EventLog
import Glibc
package import KeyValueStore
import Records
import Synchronization

/// The values that clients keep here: of each actor, source and activity the last `save_blob` in the log.
///
/// A thread follows the log and writes them to a store, with how far it has come; so they are the log's, like every state.
/// Where the store holds nothing of this log, it begins at the log's first record. While the store fails, it waits, and
/// tries again. All members: any thread.
package final class BlobStore: Sendable {
    private struct State {
        var isClosed = false
        /// Other partitions are to be followed.
        var isStopping = false
        /// Up to here everything is in the store.
        var offset = LogOffset(segment: 0, byte: 0)
        var waiting: [(offset: LogOffset, then: CheckedContinuation<Void, Never>)] = []
        var trouble: String?
    }

    private let log: EventLog
    private let store: any KeyValueStore
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())
    private let thread = Mutex<WorkThread?>(nil)

    /// The key of how far the store is in a partition.
    private static func mark(_ partition: Int) -> String { "Blobs/\(partition)" }
    /// Records after which that is written down even if nothing was stored.
    private static let step = 1_000_000

    /// - Parameter report: takes a sentence for the operator when the store fails, and when it works again.
    package init(log: EventLog, store: any KeyValueStore, report: @escaping @Sendable (String) -> Void) {
        self.log = log
        self.store = store
        self.report = report
        if !log.isShared { follow(Array(0..<log.identity.partitions)) }
    }

    /// Follows these partitions of a log that hosts share, and no others any more. Blocks until what was followed before is stored.
    package func own(_ partitions: [Int]) {
        state.withLock { $0.isStopping = true }
        thread.withLock {
            $0?.join()
            $0 = nil
        }
        state.withLock { $0.isStopping = false }
        if !partitions.isEmpty { follow(partitions) }
    }

    private func follow(_ partitions: [Int]) {
        state.withLock { $0.offset = LogOffset(segment: 0, byte: 0) }
        thread.withLock { $0 = WorkThread(name: "blobs") { self.run(partitions) } }
    }

    /// The value, a JSON text, as of what is durable in the log now; nil if there is none. What another host follows of a shared log
    /// may come a moment later.
    ///
    /// - Throws: what the store says.
    package func value(of key: BlobKey) async throws -> String? {
        let end = log.durableEnd
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.isClosed || state.offset >= end { return true }
                state.waiting.append((end, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
        return try await store.get(key.text)
    }

    /// Ends, with all that is durable stored.
    package func close() {
        state.withLock { $0.isClosed = true }
        thread.withLock {
            $0?.join()
            $0 = nil
        }
    }

    // MARK: The thread

    private func run(_ partitions: [Int]) {
        defer { arrive(at: LogOffset(segment: .max, byte: .max)) }
        guard var positions = retrying({ try await self.start(partitions) }) else { return }
        do {
            let cursor = try LogCursor(log, from: positions)
            var unmarked = 0
            while true {
                let isLast = state.withLock { $0.isClosed || $0.isStopping }
                let end = log.waitForDurable(after: cursor.offset, timeout: isLast ? .zero : .milliseconds(200))
                var values: [String: String] = [:]
                while let chunk = try cursor.next(through: end) {
                    for index in 0..<chunk.count {
                        let record = chunk[index]
                        guard record.kind?.hasPosition == true else { continue }
                        positions[record.partition] = record.position + 1
                        unmarked += 1
                        if let (key, value) = Self.saved(record) { values[key.text] = value }
                    }
                }
                if !values.isEmpty || unmarked >= Self.step || (isLast && unmarked > 0) {
                    let entries = values.map { StoreEntry(key: $0, value: $1) } + marks(positions)
                    guard retrying({ try await self.store.multiSet(entries) }) != nil else { return }
                    unmarked = 0
                }
                arrive(at: end)
                if isLast { return }
            }
        } catch {
            report("blobs are stored no more: \(error)")
        }
    }

    private func arrive(at offset: LogOffset) {
        let arrived = state.withLock { state in
            state.offset = offset
            defer { state.waiting.removeAll { $0.offset <= offset } }
            return state.waiting.filter { $0.offset <= offset }
        }
        for waiting in arrived { waiting.then.resume() }
    }

    /// Where to begin: behind what the store holds, or at the first record.
    private func start(_ partitions: [Int]) async throws -> [UInt64?] {
        let (first, next) = (log.firstPositions, log.nextPositions)
        var starts = [UInt64?](repeating: nil, count: first.count)
        let marks = try await store.multiGet(partitions.map(Self.mark))
        for (partition, mark) in zip(partitions, marks) {
            let stored = mark.flatMap { Self.position($0, of: log.identity.id) } ?? 0
            starts[partition] = max(stored <= next[partition] ? stored : 0, first[partition])
        }
        return starts
    }

    private func marks(_ positions: [UInt64?]) -> [StoreEntry] {
        positions.enumerated().compactMap { partition, position in
            position.map {
                StoreEntry(
                    key: Self.mark(partition),
                    value: "{\"log\":\"\(Self.hexadecimal(log.identity.id))\",\"position\":\($0)}")
            }
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func position(_ text: String, of log: [UInt8]) -> UInt64? {
        let head = "{\"log\":\"\(hexadecimal(log))\",\"position\":"
        guard text.hasPrefix(head), text.hasSuffix("}") else { return nil }
        return UInt64(text.dropFirst(head.count).dropLast())
    }

    private static func saved(_ record: RecordView) -> (BlobKey, String)? {
        guard record.kind == .event, BlobRequest.Kind(record.type) == .save,
            let value = BlobRequest.value(of: record.payload)
        else { return nil }
        let extractor = FieldExtractor()
        let slots = [extractor.add("source"), extractor.add("activity")]
        return withUnsafeTemporaryAllocation(of: lectern_value.self, capacity: 2) { row in
            row.initialize(repeating: lectern_value())
            let fields = Array(record.fields) + [UInt8](repeating: 0, count: FieldExtractor.padding)
            let isObject = fields.withUnsafeBytes {
                extractor.extract(UnsafeRawBufferPointer(rebasing: $0[..<record.fields.count]), into: row.baseAddress!)
                    == nil
            }
            let names = slots.map { row[$0].string }
            guard isObject, !names.contains("") else { return nil }
            let key = BlobKey(
                actor: String(decoding: record.actor, as: UTF8.self), source: names[0], activity: names[1])
            return (key, String(decoding: value, as: UTF8.self))
        }
    }

    /// Does it until it succeeds; nil: it was closed before. The thread has nothing else to do.
    private func retrying<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) -> T? {
        var pause: UInt32 = 50_000
        while true {
            let result = ThreadExecutor.run(body)
            switch result {
            case .success(let value):
                if state.withLock({ state in
                    defer { state.trouble = nil }; return state.trouble
                }) != nil {
                    report("blobs are stored again")
                }
                return value
            case .failure(let error):
                let trouble = "\(error)"
                let isNew = state.withLock { state in
                    defer { state.trouble = trouble }; return state.trouble != trouble
                }
                if isNew { report("blobs wait for their store: \(trouble)") }
                if state.withLock({ $0.isClosed || $0.isStopping }) { return nil }
                usleep(pause)
                pause = min(pause * 2, 5_000_000)
            }
        }
    }
}
