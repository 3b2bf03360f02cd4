import CRecords
import Glibc
import KeyValueStore
import PluginHost
import Records
import Rules
import Synchronization

/// What a worker does: it loads one plugin, folds the records that the host puts before it, and sends checkpoints; shows
/// states, and reads sources' lines, when it is asked. It ends with the host.
package enum WorkerMain {
    /// Runs until the host is gone. Does not return: whatever a plugin registered to run at the end is not wanted.
    package static func run() -> Never {
        lectern_memory_return_large()
        let channel = WorkerChannel(WorkerProcess.channelDescriptor)
        // A plugin that hangs does not keep the process after the host.
        let watch = WorkThread(name: "host watch") {
            var host = pollfd(fd: WorkerProcess.channelDescriptor, events: 0, revents: 0)
            while poll(&host, 1, -1) <= 0 || Int32(host.revents) & POLLHUP == 0 {}
            _exit(0)
        }
        defer { withExtendedLifetime(watch) {} }
        do {
            if let (kind, body) = try channel.receive(), kind == .load,
                let plugin = try LoadRequest(message: body).load(for: channel)
            {
                try Worker(plugin, channel).run()
            }
        } catch {
            var body = WireWriter()
            body.write("\(error)")
            channel.send(.failed, body.bytes)
        }
        _exit(0)
    }
}

/// A worker with its plugin loaded. Not thread-safe: the main thread's; the shards have their own.
private final class Worker {
    private let plugin: Plugin
    private let description: PluginDescription
    private let channel: WorkerChannel
    private var shards: [WorkerShardLoop] = []
    private var view: PluginView
    private var slot: ActivitySlot?
    private var memory: WorkerMemory?
    private let restoring: ActivitySlot.Template
    private let showing: ActivitySlot.Template

    init(_ plugin: Plugin, _ channel: WorkerChannel) {
        self.plugin = plugin
        description = plugin.description
        self.channel = channel
        view = PluginView(plugin, DerivedColumns(), VersionCounter())
        restoring = ActivitySlot.Template(.restore, plugin.identity)
        showing = ActivitySlot.Template(.show, plugin.identity)
    }

    func run() throws {
        while let (kind, body) = try channel.receive() {
            try body.withUnsafeBytes { try take(kind, $0) }
        }
    }

    private func take(_ kind: WorkerMessageKind, _ body: UnsafeRawBufferPointer) throws {
        switch kind {
        case .shards: try make(ShardOrder(body, plugin: plugin))
        case .restore:
            let states = try StatesMessage(body, of: description)
            try noting(restoring) { try shards[states.shard].restore(states) }
        case .begin:
            for shard in shards { shard.start() }
            channel.send(.restored)
        case .viewOpen: view = PluginView(plugin, DerivedColumns(), VersionCounter())
        case .viewApply:
            let states = try StatesMessage(body, of: description)
            noting(showing) {
                view.apply(
                    states.blocks, partition: states.partition, position: states.position,
                    newestFirst: states.newestFirst)
            }
        case .viewRows:
            try answer(body) { request, answer throws(MalformedMessage) in
                let all = try request.boolean()
                TablesMessage.write(noting(showing) { view.makeTables(all: all) }, to: &answer)
            }
        case .viewChanges:
            try answer(body) { request, answer throws(MalformedMessage) in
                let all = try request.boolean()
                TableChangesMessage.write(noting(showing) { view.takeChanges(all: all) }, to: &answer)
            }
        case .viewStates:
            try answer(body) { request, answer throws(MalformedMessage) in
                let query = try StatesQuery(&request)
                let entries = noting(showing) {
                    view.entries(of: query.reducer, selection: query.selection, after: query.after, limit: query.limit)
                }
                query.write(entries, to: &answer)
            }
        case .decode:
            try answer(body) { request, answer throws(MalformedMessage) in
                let id = try request.text()
                let line = try request.part()
                let outcomes = noting(ActivitySlot.Template(.decode, plugin.identity, component: id)) {
                    // The host may ask for what the build before had.
                    plugin.sources.first { $0.id == id }?.decode(line) ?? [
                        .rejected(reason: "there is no source \(id)")
                    ]
                }
                OutcomesMessage.write(outcomes, to: &answer)
            }
        case .call:
            try answer(body) { request, answer throws(MalformedMessage) in
                let (id, columns, rows) = try ColumnsMessage.read(&request)
                let cells = noting(ActivitySlot.Template(.call, plugin.identity, component: id)) {
                    plugin.functions.first { $0.id == id }?.caller.call(columns, rows: rows)
                        ?? Array(repeating: .null, count: rows)
                }
                ColumnsMessage.write(cells, to: &answer)
            }
        case .migrate:
            try answer(body) { request, answer throws(MalformedMessage) in
                try plugin.migrate(&request, answer: &answer)
            }
        default: throw MalformedMessage("a message of kind \(kind), which no host sends")
        }
    }

    private func make(_ order: ShardOrder) throws {
        guard let memory = WorkerMemory(descriptor: WorkerProcess.memoryDescriptor, shards: order.owned.count) else {
            throw MalformedMessage("no memory shared with the host")
        }
        self.memory = memory
        let slot = memory.activity(order.owned.count)
        slot.watch()
        self.slot = slot
        shards = order.owned.indices.map { WorkerShardLoop(order, $0, memory, channel, plugin.identity) }
    }

    /// Answers a request: its number comes first in both.
    private func answer(
        _ body: UnsafeRawBufferPointer,
        _ write: (inout WireReader, inout WireWriter) throws(MalformedMessage) -> Void
    ) throws(MalformedMessage) {
        var request = WireReader(body)
        var answer = WireWriter()
        answer.write(try request.integer(UInt64.self))
        try write(&request, &answer)
        channel.send(.answer, answer.bytes)
    }

    /// Calls the plugin, and notes what for.
    private func noting<Result, Failure>(
        _ template: ActivitySlot.Template, _ call: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        slot?.enter(template, partition: 0, position: 0, events: 0)
        defer { slot?.leave() }
        return try call()
    }
}

/// A shard in a worker: folds what the host has put into its slots, on a thread of its own.
///
/// `@unchecked Sendable`: the main thread restores it and then starts the thread, which has the rest for itself.
private final class WorkerShardLoop: @unchecked Sendable {
    private let index: Int
    private let shard: Shard
    private let feeder: RecordFeeder
    private let driver: CheckpointDriver
    private let sink: ChannelSink
    private let memory: WorkerMemory
    private let words: WorkerWords
    private let slot: ActivitySlot
    private let encoding: ActivitySlot.Template
    private let channel: WorkerChannel
    /// What the host was told last of the filter rules, and when.
    private var told: [FilterCounts] = []
    private var toldAt: Int64 = 0
    private var thread: WorkThread?
    private var isLive = false

    init(
        _ order: ShardOrder, _ index: Int, _ memory: WorkerMemory, _ channel: WorkerChannel, _ plugin: PluginIdentity
    ) {
        self.index = index
        self.memory = memory
        self.channel = channel
        words = memory.words(index)
        slot = memory.activity(index)
        encoding = ActivitySlot.Template(.encode, plugin)
        let owned = order.owned[index]
        let shard = Shard(order.setup, slot: slot)
        self.shard = shard
        feeder = RecordFeeder(shard, owned: owned)
        sink = ChannelSink(channel, shard: index, words)
        driver = CheckpointDriver(ShardCheckpoint(shard, log: order.log, owned: owned), sink, interval: 0)
        driver.warn = { PluginMessage(plugin: plugin.id, level: .warning, text: $0).send(to: channel) }
        let words = words
        shard.onRejections = { rejections in
            if words.isLive.pointee.load(ordering: .relaxed)
                || words.tookOverAt.pointee.load(ordering: .relaxed) != 0
            {
                RejectionsMessage.send(rejections, to: channel)
            }
        }
    }

    func restore(_ states: StatesMessage) throws {
        let checkpoint = RestoredCheckpoint(
            log: [], position: states.position, epoch: 0, summary: states.summary, marks: states.marks,
            blocks: states.blocks)
        try shard.restore([states.partition]) { _, _ in checkpoint }
        makeRoomIfAsked()
    }

    private func showTimers() {
        let timers = shard.timers
        words.due.pointee.store(timers.due, ordering: .releasing)
        words.ticked.pointee.store(timers.ticked, ordering: .releasing)
    }

    private func showStates() { words.states.pointee.store(shard.states) }

    func start() {
        showTimers()
        showStates()
        thread = WorkThread(name: "shard") { [unowned self] in
            slot.watch()
            run()
        }
    }

    private func run() {
        var folded: UInt32 = 0
        var woke = MonotonicClock.microseconds
        while true {
            let filled = words.filled.pointee.load(ordering: .acquiring)
            guard filled != folded else {
                if words.isClosed.pointee.load(ordering: .acquiring) {
                    if words.isLive.pointee.load(ordering: .acquiring) { encode { driver.finish() } }
                    return sink.finish()
                }
                poll()
                tellFiltered(.max)
                words.worked.pointee.wrappingAdd(MonotonicClock.microseconds - woke, ordering: .relaxed)
                words.waitWhileFilled(is: filled, microseconds: driver.isBusy ? 2000 : 200_000)
                woke = MonotonicClock.microseconds
                continue
            }
            shard.limit = Int(words.batch.pointee.load(ordering: .relaxed))
            let slot = memory.slot(index, folded)
            let layout = SlotLayout(slot)
            if layout.beginsSegment { feeder.forgetSessions() }
            for record in RecordSequence(layout.records(slot)) { feeder.add(record, position: record.position) }
            shard.flush()
            if let failure = feeder.failure { sink.fail(failure) }
            folded &+= 1
            let now = MonotonicClock.microseconds
            words.events.pointee.store(shard.events, ordering: .relaxed)
            let dropped = shard.plugins[0].dropped
            words.naturalDuplicates.pointee.store(dropped.natural, ordering: .relaxed)
            words.syntheticDuplicates.pointee.store(dropped.synthetic, ordering: .relaxed)
            words.late.pointee.store(dropped.late, ordering: .relaxed)
            words.foldedAt.pointee.store(now, ordering: .relaxed)
            // A shard that never waits tells as well.
            words.worked.pointee.wrappingAdd(now - woke, ordering: .relaxed)
            woke = now
            showTimers()
            showStates()
            if layout.takesOver {
                words.tookOverWith.pointee.store(shard.events, ordering: .relaxed)
                words.tookOverAt.pointee.store(now, ordering: .releasing)
            }
            words.folded.pointee.store(folded, ordering: .releasing)
            words.wakeHost()
            poll()
            tellFiltered(now)
        }
    }

    /// Tells the host what the filter rules did, now and then while events come, and when none do.
    private func tellFiltered(_ now: Int64) {
        guard shard.filters.isActive, now == .max || now - toldAt > 250_000 else { return }
        let counts = shard.filters.counts
        if counts == told { return }
        told = counts
        toldAt = MonotonicClock.microseconds
        FilterCountsMessage.send(counts, shard: index, to: channel)
    }

    private func poll() {
        guard words.isLive.pointee.load(ordering: .relaxed) else { return }
        if !isLive { driver.hurry() }
        isLive = true
        driver.interval = words.interval.pointee.load(ordering: .relaxed)
        encode { driver.poll() }
        makeRoomIfAsked()
    }

    private func makeRoomIfAsked() {
        guard words.spills.pointee.load(ordering: .acquiring) else { return }
        driver.makeRoom(noting: encode)
        words.spills.pointee.store(false, ordering: .relaxed)
        showStates()
    }

    private func encode(_ body: () -> Void) {
        slot.enter(encoding, partition: 0, position: 0, events: 0)
        body()
        slot.leave()
    }
}

/// Sends the checkpoints of one shard to the host, by a thread of its own.
private final class ChannelSink: CheckpointSink {
    private enum Job: Sendable {
        case checkpoint([EncodedCheckpoint])
        case failure(String)
        case finish
    }

    private let queue = BoundedQueue<Job>(limit: 4)
    private let sent = Atomic<UInt32>(0)
    private let words: WorkerWords
    private let thread: WorkThread

    init(_ channel: WorkerChannel, shard: Int, _ words: WorkerWords) {
        self.words = words
        let queue = queue
        thread = WorkThread(name: "checkpoints") {
            while let job = queue.take() {
                switch job {
                case .checkpoint(let checkpoints):
                    channel.send(.checkpoint, CheckpointMessage.write(checkpoints, shard: shard).bytes)
                case .failure(let reason):
                    var body = WireWriter()
                    body.write(reason)
                    channel.send(.failed, body.bytes)
                case .finish:
                    var body = WireWriter()
                    body.write(UInt32(shard))
                    channel.send(.finished, body.bytes)
                }
            }
        }
    }

    var waiting: Int {
        Int(sent.load(ordering: .acquiring) &- words.committed.pointee.load(ordering: .acquiring))
    }

    func commit(_ checkpoints: [EncodedCheckpoint]) {
        sent.wrappingAdd(1, ordering: .acquiringAndReleasing)
        queue.put(.checkpoint(checkpoints))
    }

    func fail(_ error: any Error) { queue.put(.failure("\(error)")) }

    func finish() { queue.put(.finish) }
}
