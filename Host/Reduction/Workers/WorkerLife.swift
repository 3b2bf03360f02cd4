import EventLog
import Foundation
import Glibc
import KeyValueStore
import PluginHost
import Records
import Rules
import Synchronization

/// How a worker came to its end.
struct WorkerEnded: Error, CustomStringConvertible {
    /// What the plugin was asked then; nil if nothing, or nobody knows.
    let call: PluginCall?
    /// The plugin and what happened, for people.
    let description: String
}

/// One life of a worker: its process, from the restored checkpoints on until it ends. All members: any thread.
///
/// `@unchecked Sendable`: the shards are their threads'; the rest is constant or under a lock.
final class WorkerLife: @unchecked Sendable {
    private struct State {
        var ended: WorkerEnded?
        /// Why the host has ended the process, or the worker said that it can't go on.
        var cause: WorkerEnded?
        var isLoaded = false
        var isReady = false
        var finished: Set<Int> = []
        var requests: [UInt64: BoundedQueue<[UInt8]?>] = [:]
        var lastRequest: UInt64 = 0
        /// Up to where checkpoints have come, by partition; `.max` for those that this process does not have.
        var positions: [UInt64]
        /// By shard.
        var filterCounts: [Int: [FilterCounts]] = [:]
        /// Of a life that nobody goes on from.
        var collected: [Checkpoint] = []
    }

    /// What a life goes on from.
    enum Start {
        /// The last checkpoints, and from there on the log.
        case checkpoints
        /// The log's first record.
        case firstRecord
        /// Empty states, and what it is given: its checkpoints are collected, not stored.
        case nothing
    }

    let build: PluginBuild
    let memory: WorkerMemory
    let rebuilt: Bool
    /// As of `ShardGroup`.
    let migrated: [Checkpoint]?
    private(set) var shards: [ShardThread] = []
    private let parts: EngineParts
    private let process: WorkerProcess
    private let owned: [[Int]]
    private let start: Start
    private let head: Checkpoint
    private let state: Mutex<State>
    /// Closed when it has ended.
    private let over = BoundedQueue<Void>(limit: 1)
    /// Empty once they were joined, which only one may do.
    private let threads = Mutex<[WorkThread]>([])

    /// Starts a worker and has it restore the last checkpoints.
    ///
    /// - Parameters:
    ///   - batch: events that are folded at once, at most.
    /// - Throws: `WorkerEnded`, `WorkerFailure` or what the store throws.
    init(_ build: PluginBuild, _ parts: EngineParts, from start: Start = .checkpoints, batch: Int? = nil) throws {
        self.build = build
        self.start = start
        self.parts = parts
        let log = parts.log
        owned = parts.owned
        memory = try WorkerMemory(shards: owned.count)
        head = Checkpoint(
            log: log.identity.id, plugin: build.id, partition: 0, position: 0, epoch: 0, blocks: [], marks: [],
            summary: [])
        let goesOn = start == .checkpoints ? try StoredStates(of: build, parts) : nil
        rebuilt = start == .firstRecord || goesOn?.course == .rebuilt
        migrated = goesOn?.replacement
        let stored = goesOn?.checkpoints ?? [:]
        // What was put away folds nothing, and may keep no host from running.
        if start != .nothing, build.stop == nil { try parts.checkLog(holdsWhat: build, needsAfter: stored) }
        let kept = build.stop == nil ? [] : log.firstPositions
        state = Mutex(
            State(
                positions: (0..<log.identity.partitions).map {
                    parts.epochs.numbers[$0] == nil ? .max : stored[$0]?.position ?? 0
                }))
        process = try WorkerProcess(plugin: build.id, memory: memory.descriptor)
        parts.memory.add(process.id)
        for shard in owned.indices {
            memory.words(shard).batch.pointee.store(
                UInt32(batch ?? parts.configuration.batch), ordering: .relaxed)
        }
        let reader = WorkThread(name: "worker") { [unowned self] in read() }
        let watch = WorkThread(name: "worker watch") { [unowned self] in watchOver() }
        threads.withLock { $0 = [reader, watch] }
        do {
            try restore(goesOn)
            for (index, partitions) in owned.enumerated() where start != .nothing {
                var positions = [UInt64?](repeating: nil, count: log.identity.partitions)
                for partition in partitions {
                    let position = stored[partition]?.position ?? 0
                    positions[partition] = kept.isEmpty ? position : max(position, kept[partition])
                }
                shards.append(
                    try ShardThread(WorkerShard(self, index, startPositions: positions), parts.surroundings))
            }
        } catch {
            end()
            throw error
        }
    }

    deinit { end() }

    private func restore(_ stored: StoredStates?) throws {
        LoadRequest(build).send(to: process.channel)
        let log = parts.log.identity
        let setup = ShardSetup(
            plugins: [], partitions: log.partitions, batch: parts.configuration.batch,
            dedup: parts.configuration.dedup, hashKey: log.sipHashKey, skips: parts.skips.places,
            rules: parts.rules.history, spill: parts.spill)
        process.channel.send(.shards, ShardOrder(setup: setup, log: log.id, owned: owned).message.bytes)
        for (shard, partitions) in owned.enumerated() {
            for partition in partitions {
                guard let checkpoint = try stored?.load(partition) else { continue }
                let message = StatesMessage(
                    shard: shard, partition: partition, position: checkpoint.position, newestFirst: true,
                    summary: checkpoint.summary, marks: checkpoint.marks, blocks: checkpoint.blocks
                ).message
                process.channel.send(.restore, message.bytes)
                if parts.memory.isTight {
                    memory.words(shard).spills.pointee.store(true, ordering: .releasing)
                }
            }
        }
        process.channel.send(.begin)
        try wait { $0.isReady }
    }

    var processID: Int32 { process.id }

    // MARK: Its end

    /// How it ended; nil while it runs.
    var ended: WorkerEnded? { state.withLock { $0.ended } }

    /// Waits until it has ended.
    func waitForEnd() -> WorkerEnded {
        _ = over.take()
        return ended!
    }

    /// Ends it at once, and waits for it.
    func end() {
        process.kill()
        for shard in shards { shard.stop() }
        threads.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
    }

    /// Ends the process for a reason that it is then said to have ended for.
    private func end(because reason: String, call: PluginCall? = nil) {
        state.withLock { state in
            if state.cause == nil { state.cause = WorkerEnded(call: call, description: "\(name) \(reason)") }
        }
        process.kill()
    }

    private var name: String { "\(build.id), build \(build.identity.build.prefix(12))," }

    private func hasEnded() {
        let end = process.wait()
        parts.memory.remove(process.id)
        let call = memory.activities.lazy.compactMap(\.fatalCall).first
        state.withLock { state in
            let ended =
                state.cause
                ?? call.map { WorkerEnded(call: $0, description: "\($0)") }
                ?? WorkerEnded(call: nil, description: "\(name) ended its worker outside of any call: it \(end)")
            state.ended = ended
            for request in state.requests.values { request.put(nil) }
            state.requests = [:]
        }
        over.close()
        for shard in owned.indices { memory.words(shard).wakeHost() }
    }

    // MARK: What it says

    private func read() {
        do {
            while let (kind, body) = try process.channel.receive() { try take(kind, body) }
        } catch {
            end(because: "sent its host what is not valid: \(error)")
        }
        hasEnded()
    }

    private func take(_ kind: WorkerMessageKind, _ body: [UInt8]) throws {
        switch kind {
        case .described: state.withLock { $0.isLoaded = true }
        case .restored: state.withLock { $0.isReady = true }
        case .refused:
            let refusal = try JSONDecoder().decode(PluginRefusal.self, from: Data(body))
            end(because: "was refused in its worker: \(refusal)")
        case .failed:
            let reason = try body.read { reader throws(MalformedMessage) in try reader.text() }
            end(because: "can't go on: \(reason)")
        case .log:
            // What is tried says what the live one says anyway.
            if start != .nothing { parts.report(try PluginMessage(body, plugin: build.id)) }
        case .rejected: parts.report(try RejectionsMessage.read(body, of: build))
        case .filtered:
            let (shard, counts) = try FilterCountsMessage.read(body)
            state.withLock { $0.filterCounts[shard] = counts }
        case .checkpoint: try takeCheckpoint(body)
        case .finished:
            let shard = try body.read { reader throws(MalformedMessage) in try reader.integer(UInt32.self) }
            state.withLock { _ = $0.finished.insert(Int(shard)) }
        case .answer:
            let id = try body.read { reader throws(MalformedMessage) in try reader.integer(UInt64.self) }
            state.withLock { $0.requests.removeValue(forKey: id) }?.put(body)
        default: throw MalformedMessage("a message of kind \(kind), which no worker sends")
        }
    }

    private func takeCheckpoint(_ body: [UInt8]) throws {
        let next = parts.log.nextPositions
        let before = state.withLock { $0.positions }
        let message = try CheckpointMessage(body, of: build.description, head: head, owned: owned) {
            before[$0]...max(before[$0], next[$0])
        }
        state.withLock { state in
            for checkpoint in message.checkpoints { state.positions[checkpoint.partition] = checkpoint.position }
        }
        if start == .nothing { return state.withLock { $0.collected += message.checkpoints } }
        var checkpoints = message.checkpoints
        for index in checkpoints.indices { checkpoints[index].epoch = parts.epochs[checkpoints[index].partition] }
        let owned = checkpoints
        let memory = memory
        // Not by a message: nobody reads it while the plugin is busy, and the store must not wait for that.
        parts.commits.commit({ owned }) {
            memory.words(message.shard).committed.pointee.wrappingAdd(1, ordering: .releasing)
        }
    }

    /// Up to where checkpoints have come, by partition.
    var positions: [UInt64] { state.withLock { $0.positions } }

    /// How often each filter rule did what, as a shard has told last.
    func filterCounts(of shard: Int) -> [FilterCounts] { state.withLock { $0.filterCounts[shard] ?? [] } }

    /// The checkpoints of a life that went on from nothing.
    var collected: [Checkpoint] { state.withLock { $0.collected } }

    /// Folds what the log holds from these positions up to `end`, in the calling thread instead of the shards' own, and waits
    /// until it is folded.
    ///
    /// - Throws: `WorkerEnded`, or what reading the log throws.
    func fold(from starts: [UInt64], through end: LogOffset, takingCheckpoint: Bool = false) throws {
        for (index, partitions) in owned.enumerated() {
            var positions = [UInt64?](repeating: nil, count: starts.count)
            for partition in partitions { positions[partition] = starts[partition] }
            let shard = WorkerShard(self, index, startPositions: positions)
            let cursor = try LogCursor(parts.log, from: positions)
            while let chunk = try cursor.next(through: end) { _ = try shard.add(chunk) { _ in false } }
            _ = try shard.drain()
            guard takingCheckpoint else { continue }
            shard.goLive()
            try shard.finish()
        }
    }

    /// Has batches be as large as they are elsewhere.
    func foldUsualBatches() {
        for shard in owned.indices {
            memory.words(shard).batch.pointee.store(UInt32(parts.configuration.batch), ordering: .relaxed)
        }
    }

    /// Waits until a shard that gets nothing more has sent its last checkpoint.
    func waitForLastCheckpoint(of shard: Int) throws { try wait { $0.finished.contains(shard) } }

    private func wait(until isDone: (State) -> Bool) throws {
        while true {
            let (done, ended) = state.withLock { (isDone($0), $0.ended) }
            if done { return }
            if let ended { throw ended }
            usleep(500)
        }
    }

    // MARK: What it is asked

    func tell(_ kind: WorkerMessageKind, _ body: borrowing Bytes) throws {
        guard process.channel.send(kind, body) else { throw waitForEnd() }
    }

    /// Asks, and waits for the answer. The question's number comes first in both.
    func ask(_ kind: WorkerMessageKind, _ write: (inout WireWriter) -> Void) throws -> [UInt8] {
        let answer = BoundedQueue<[UInt8]?>(limit: 1)
        let (id, ended) = state.withLock { state in
            state.lastRequest += 1
            if state.ended == nil { state.requests[state.lastRequest] = answer }
            return (state.lastRequest, state.ended)
        }
        if let ended { throw ended }
        var body = WireWriter()
        body.write(id)
        write(&body)
        process.channel.send(kind, body.bytes)
        guard let got = answer.take() ?? nil else { throw waitForEnd() }
        return got
    }

    // MARK: Watching

    /// Ends the process if a call does not return, or if it takes more memory than it may.
    private func watchOver() {
        let slots = memory.activities
        var calls = OverdueCalls(slots)
        let deadline = build.limits.deadline
        let began = MonotonicClock.microseconds
        while ended == nil {
            let loading = Double(MonotonicClock.microseconds - began) / 1e6
            if loading > deadline.seconds, !state.withLock({ $0.isLoaded }) {
                end(because: "did not come to the end of loading within \(deadline)")
            }
            if let (_, call) = calls.look(deadline: { _ in deadline }).first {
                end(because: "did not return from \(call.what), within \(deadline)", call: call)
            }
            if let memory = process.memory?.own, memory > build.limits.memory {
                let call = slots.lazy.compactMap(\.call).first { $0.events > 0 }
                end(
                    because: "used \(memory >> 20) MB of memory, where its budget is \(build.limits.memory >> 20) MB"
                        + (call.map { ", in \($0.what)" } ?? ""), call: call)
            }
            usleep(50_000)
        }
    }
}
