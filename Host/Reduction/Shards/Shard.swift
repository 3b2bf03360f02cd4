import CPluginAPI
import CRecords
package import PluginHost
import Records
import Rules

/// What all shards of a host have in common.
package struct ShardSetup: Sendable {
    package var plugins: [Plugin]
    /// Of the log.
    package var partitions: Int
    /// Events that are folded at once, 1 to 1024.
    package var batch: Int
    package var dedup: DedupRules
    /// The log's key: under it, actors' ids become pseudonyms. 16 bytes.
    package var hashKey: [UInt8]
    /// The events that plugins skip, by plugin and partition.
    package var skips: [String: [Int: Set<UInt64>]]
    /// The filter rules that hold at each place of the log.
    package var rules: RuleHistory
    /// Where states go that memory has no room for; nil: all stay in memory.
    package var spill: Spilling?

    package init(
        plugins: [Plugin], partitions: Int, batch: Int = 64, dedup: DedupRules = DedupRules(), hashKey: [UInt8],
        skips: [String: [Int: Set<UInt64>]] = [:], rules: RuleHistory = RuleHistory(), spill: Spilling? = nil
    ) {
        precondition((1...1024).contains(batch) && hashKey.count == 16)
        self.plugins = plugins
        self.partitions = partitions
        self.batch = batch
        self.dedup = dedup
        self.hashKey = hashKey
        self.skips = skips
        self.rules = rules
        self.spill = spill
    }
}

/// What a shard of a host with limited memory goes by.
package struct Spilling: Sendable {
    /// For the files of states that memory has no room for. It must be there.
    package let folder: String
    /// So many changed states are a checkpoint, however early it comes: what is on its way to the store takes memory as well.
    let changes: Int

    /// - Parameter memory: the budget, in bytes.
    package init(folder: String, memory: Int) {
        self.init(folder: folder, changes: max(1 << 10, memory >> 13))
    }

    init(folder: String, changes: Int) {
        self.folder = folder
        self.changes = changes
    }
}

/// Folds the events of some partitions into the states of all plugins. Shares nothing with other shards; not thread-safe.
///
/// Whoever feeds it takes `nextRow`, has `fields.extractor` fill it, and adds the event. The texts of an event must stay where
/// they are until the batch is folded: call `flush` before they move.
final class Shard {
    /// An event whose fields are in `nextRow`.
    struct Incoming {
        var partition: Int
        var position: UInt64
        var time: Int64
        var isTimeClaimed: Bool
        var received: Int64
        var type: UnsafeRawBufferPointer
        var actor: UnsafeRawBufferPointer?
        var payload: UnsafeRawBufferPointer
        /// A JSON object of what server or source set, which wins over the payload; `FieldExtractor.padding` readable bytes
        /// follow it.
        var fields: UnsafeRawBufferPointer?
        /// Already applied to the row.
        var session: SessionFields?
    }

    let setup: ShardSetup
    let fields = FieldList()
    let plugins: [PluginFold]
    /// Events that are folded at once, at most the setup's `batch`.
    var limit: Int {
        get { batch.limit }
        set {
            flush()
            batch.limit = max(1, min(newValue, setup.batch))
        }
    }
    private(set) var events: UInt64 = 0
    private var ticked = Int64.min
    private let isTimed: Bool

    /// Called after each batch.
    var afterBatch: (() -> Void)?
    /// Called with the events of a batch that plugins could not read.
    var onRejections: (([Rejection]) -> Void)?

    let keys = KeyIndex()
    let filters: FilterStage
    private let batch: Batch
    private let markMaker: MarkMaker?
    private var types: [String] = []
    private var typeKeys = Interner()
    /// The pseudonym of each actor by its number; 0 where it is not known yet.
    fileprivate var pseudonyms: [UInt64] = []

    /// - Parameter slot: where it is noted what plugins are asked; nil: nowhere.
    init(_ setup: ShardSetup, slot: ActivitySlot? = nil) {
        self.setup = setup
        isTimed = setup.plugins.contains { $0.reducers.contains { $0.timer != nil } }
        let fields = fields
        plugins = setup.plugins.map {
            PluginFold(
                $0, partitions: setup.partitions, batch: setup.batch, fields: fields, dedup: setup.dedup,
                skips: setup.skips[$0.id] ?? [:], slot: slot)
        }
        markMaker =
            setup.dedup.isEmpty ? nil : MarkMaker(setup.dedup, fields: fields, hashKey: setup.hashKey)
        filters = FilterStage(setup.rules, partitions: setup.partitions, fields: fields)
        let batch = Batch(capacity: setup.batch, rowLength: fields.extractor.count)
        self.batch = batch
        fields.overlay = { event, finder, row in
            let index = event - UnsafePointer(batch.events)
            batch.sessions[index]?.overlay(finder, onto: row)
            if let fields = batch.fields[index], !fields.isEmpty { _ = finder.overlay(fields, onto: row) }
            if let patch = batch.patches[index] { _ = finder.patch(patch, onto: row) }
        }
    }

    /// Where the fields of the next event go.
    var nextRow: UnsafeMutablePointer<lectern_value> {
        // A feeder may have declared fields of its own since the last batch.
        if batch.count == 0 { batch.resizeRows(to: fields.extractor.count) }
        return batch.nextRow
    }

    /// Takes the event whose fields are in `nextRow`; folds the batch when it is full.
    @inline(__always)
    func add(_ incoming: Incoming) {
        let index = batch.count
        let event = batch.events + index
        event.pointee.values = UnsafePointer(batch.nextRow)
        event.pointee.time = incoming.time
        event.pointee.received = incoming.received
        event.pointee.type = incoming.type.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.pointee.type_length = UInt32(truncatingIfNeeded: incoming.type.count)
        event.pointee.actor = incoming.actor?.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.pointee.actor_length = UInt32(truncatingIfNeeded: incoming.actor?.count ?? 0)
        event.pointee.payload = incoming.payload.baseAddress?.assumingMemoryBound(to: CChar.self)
        event.pointee.payload_length = UInt32(truncatingIfNeeded: incoming.payload.count)
        event.pointee.flags = incoming.isTimeClaimed ? LECTERN_TIME_CLAIMED : 0
        event.pointee.position = incoming.position
        let type = typeNumber(incoming.type)
        batch.types[index] = type
        if let markMaker { batch.marks[index].content = markMaker.content(type: type) }
        if let fields = incoming.fields, !fields.isEmpty {
            _ = self.fields.extractor.overlay(fields, onto: batch.nextRow)
        }
        batch.fields[index] = incoming.fields
        batch.sessions[index] = incoming.session
        batch.partitions[index] = incoming.partition
        if let actor = incoming.actor {
            let hash = keys.space.parts.hash(actor)
            keys.space.parts.prefetch(hash)
            batch.actorHashes[index] = hash
        }
        batch.advance()
        if batch.isFull { flush() }
    }

    /// Folds what has been added. After it, the texts of its events may go.
    func flush() {
        guard batch.count > 0 else { return }
        for index in 0..<batch.count where batch.events[index].actor != nil {
            keys.space.parts.prefetchItem(batch.actorHashes[index])
        }
        for index in 0..<batch.count { number(index) }
        for index in 0..<batch.count { resolve(index) }
        // Behind the marks, which are of the events as they came.
        if filters.isActive { filters.apply(batch) }
        for plugin in plugins { plugin.fold(batch, fields, &keys.space) }
        events += UInt64(batch.count)
        batch.removeAll()
        filters.reset()
        fields.extractor.reset()
        fields.learn()
        let unfiltered = filters.takeRejections()
        if !unfiltered.isEmpty { onRejections?(unfiltered) }
        for plugin in plugins where !plugin.rejections.isEmpty { onRejections?(plugin.takeRejections()) }
        afterBatch?()
    }

    /// Other filter rules hold behind a record: what came before has been asked by those before.
    func change(_ rules: FilterRules, partition: Int, position: UInt64) {
        flush()
        filters.add(rules, partition: partition, from: position + 1)
        for plugin in plugins { plugin.pass(partition: partition, position: position) }
    }

    /// Tells the states of a partition that wait for it that time has come, behind what has been added.
    func tick(_ time: Int64, partition: Int, position: UInt64) {
        flush()
        for plugin in plugins { plugin.tick(time, partition: partition, position: position, &keys.space) }
        ticked = max(ticked, time)
    }

    /// What its states wait for.
    var timers: ShardTimers {
        guard isTimed else { return ShardTimers(due: .max, ticked: ticked) }
        var due = Int64.max
        for plugin in plugins { for states in plugin.states { due = min(due, states.due) } }
        return ShardTimers(due: due, ticked: ticked)
    }

    /// Gives the event the number of its actor.
    @inline(__always)
    private func number(_ index: Int) {
        let event = batch.events + index
        guard let actor = event.pointee.actor else {
            batch.actors[index] = KeyMaker.nobody
            return
        }
        let text = UnsafeRawBufferPointer(start: actor, count: Int(event.pointee.actor_length))
        let number = keys.space.parts.number(of: text, hash: batch.actorHashes[index])
        batch.actors[index] = number
        pseudonyms.withUnsafeBufferPointer { known in
            if Int(number) < known.count { lectern_prefetch(known.baseAddress! + Int(number)) }
        }
    }

    /// Gives the event the pseudonym of its actor, and its mark.
    @inline(__always)
    private func resolve(_ index: Int) {
        let event = batch.events + index
        if let actor = event.pointee.actor {
            let text = UnsafeRawBufferPointer(start: actor, count: Int(event.pointee.actor_length))
            event.pointee.actor_hash = pseudonym(batch.actors[index], text)
        } else {
            event.pointee.actor_hash = 0
        }
        if let markMaker {
            let content = batch.marks[index].content
            batch.marks[index] = markMaker.mark(event, type: batch.types[index], content: content)
        }
    }

    @inline(__always)
    private func pseudonym(_ number: UInt32, _ actor: UnsafeRawBufferPointer) -> UInt64 {
        let number = Int(number)
        if number < pseudonyms.count, pseudonyms[number] != 0 { return pseudonyms[number] }
        let hash = hash(actor)
        while pseudonyms.count <= number { pseudonyms.append(0) }
        pseudonyms[number] = hash
        return hash
    }

    /// The name of an actor in the host's own log.
    func pseudonym(ofActor id: String) -> UInt64 {
        var id = id
        return id.withUTF8 { hash(UnsafeRawBufferPointer($0)) }
    }

    private func hash(_ actor: UnsafeRawBufferPointer) -> UInt64 {
        setup.hashKey.withUnsafeBufferPointer {
            lectern_siphash($0.baseAddress, actor.baseAddress?.assumingMemoryBound(to: UInt8.self), actor.count)
        }
    }

    @inline(__always)
    private func typeNumber(_ type: UnsafeRawBufferPointer) -> Int {
        let number = Int(typeKeys.number(of: type, hash: typeKeys.hash(type)))
        if number == types.count {
            let name = String(decoding: type, as: UTF8.self)
            types.append(name)
            markMaker?.addType(name)
            for plugin in plugins { plugin.addType(name) }
            filters.addType(name)
        }
        return number
    }
}

// MARK: Memory

extension Shard {
    /// States in memory, and in files.
    var states: StateCounts {
        var counts = StateCounts()
        for plugin in plugins {
            for states in plugin.states {
                counts = counts + StateCounts(resident: states.count, spilled: states.spilled?.count ?? 0)
            }
            let marks = plugin.markCounts
            counts.residentMarks += marks.resident
            counts.spilledMarks += marks.spilled
        }
        return counts
    }

    /// States that have been changed since the last checkpoint began.
    var changes: Int { plugins.reduce(0) { $1.states.reduce($0) { $0 + $1.changes } } }

    /// Fewer states in memory are not worth a file.
    static let leastSpilled = 1024
    private static let leastSpilledMarks = 1 << 14

    /// Whether there are states or marks to spill, and so many that it is worth it.
    var canSpill: Bool {
        guard setup.spill != nil else { return false }
        let (counts, changes) = (states, changes)
        if counts.resident >= Self.leastSpilled, counts.resident - changes >= counts.resident / 4 { return true }
        return counts.residentMarks >= Self.leastSpilledMarks
    }

    /// Makes room: the marks of dedup leave memory, and the states that have not been changed for longest, and so do the names of
    /// their keys. No checkpoint may be being taken.
    ///
    /// - Throws: if no state could be spilled; then those are where they were.
    func spill() throws(SpillError) {
        guard let folder = setup.spill?.folder else { return }
        flush()
        for plugin in plugins { try plugin.spillMarks(in: folder) }
        let states = plugins.flatMap(\.states)
        do {
            for states in states { try states.stageSpill(in: folder, keys.space) }
        } catch {
            for states in states { states.dropSpill() }
            throw error
        }
        var space = KeySpace()
        swap(&space, &keys.space)
        for states in states { states.finishSpill(space, &keys.space) }
        pseudonyms = []
        lectern_memory_trim()
    }
}
