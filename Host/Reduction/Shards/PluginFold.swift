import CPluginAPI
import CRecords
import PluginHost
import Records

/// One plugin's side of a shard: its states, marks and positions, and the passes in which it folds a batch. Not thread-safe.
///
/// A batch goes through in passes, each of which asks for the memory that the next one needs: read, drop duplicates, make keys,
/// find states, reduce. An event that one input rejects reaches none of the plugin's reducers and leaves no mark.
final class PluginFold {
    let plugin: Plugin
    let states: [ReducerStates]
    /// The next record to fold in each partition: what lies before has been folded.
    var positions: [UInt64] { Array(UnsafeBufferPointer(start: next, count: partitionCount)) }
    private(set) var dropped = DroppedCounts()
    private(set) var rejections: [Rejection] = []

    private let next: UnsafeMutablePointer<UInt64>
    private let marks: UnsafeMutablePointer<MarkSet>?
    private let keyMakers: [KeyMaker]
    private let inputs: [InputRun]
    /// Of each event type, by its number in the shard: which reducers take it, and which inputs these read; a bit each.
    private var reducersOfType: [UInt64] = []
    private var inputsOfType: [UInt64] = []
    private let verdicts: UnsafeMutablePointer<Verdict>
    private let picks: UnsafeMutablePointer<UInt32>
    private let pickedInputs: UnsafeMutablePointer<UnsafeRawPointer?>
    private let pickedStates: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private let pickedKeys: UnsafeMutablePointer<UInt64>
    /// Of each pick: the start of its window.
    private let pickedWindows: UnsafeMutablePointer<Int64>
    private let capacity: Int
    /// Nil if no reducer has windows.
    private let watermarks: Watermarks?
    private let partitionCount: Int
    private let dedup: DedupRules
    /// By their numbers in the shard.
    private var types: [String] = []
    /// Events that are not folded, by partition.
    private let skips: [Int: Set<UInt64>]
    /// Where the plugin's calls are noted, and what is noted of each.
    private let slot: ActivitySlot?
    private let readNote: ActivitySlot.Template
    private let reduceNotes: [ActivitySlot.Template]
    private let tickNotes: [ActivitySlot.Template]

    fileprivate enum Verdict: UInt8 {
        case passedBy, wanted, rejected, duplicate
    }

    init(
        _ plugin: Plugin, partitions: Int, batch: Int, fields: FieldList, dedup: DedupRules,
        skips: [Int: Set<UInt64>] = [:], slot: ActivitySlot? = nil
    ) {
        self.plugin = plugin
        self.slot = slot
        self.skips = skips
        readNote = ActivitySlot.Template(.read, plugin.identity)
        reduceNotes = plugin.reducers.map { ActivitySlot.Template(.reduce, plugin.identity, component: $0.id) }
        tickNotes = plugin.reducers.map { ActivitySlot.Template(.tick, plugin.identity, component: $0.id) }
        partitionCount = partitions
        states = plugin.reducers.indices.map { ReducerStates(plugin, $0, partitions: partitions) }
        keyMakers = plugin.reducers.map { KeyMaker($0.key, fields: fields) }
        inputs = plugin.inputs.map { InputRun($0, batch: batch) }
        next = .allocate(capacity: partitions)
        next.initialize(repeating: 0, count: partitions)
        self.dedup = dedup
        if dedup.isEmpty {
            marks = nil
        } else {
            let marks = UnsafeMutablePointer<MarkSet>.allocate(capacity: partitions)
            for index in 0..<partitions {
                let set = MarkSet(isTimed: dedup.isTimed, comparesContent: dedup.comparesContent)
                (marks + index).initialize(to: set)
            }
            self.marks = marks
        }
        verdicts = .allocate(capacity: batch)
        picks = .allocate(capacity: batch)
        pickedInputs = .allocate(capacity: batch)
        pickedStates = .allocate(capacity: batch)
        pickedKeys = .allocate(capacity: batch)
        pickedWindows = .allocate(capacity: batch)
        capacity = batch
        watermarks =
            plugin.reducers.contains { $0.windows != nil } ? Watermarks(partitions: partitions, batch: batch) : nil
    }

    deinit {
        next.deallocate()
        marks?.deinitialize(count: partitionCount)
        marks?.deallocate()
        verdicts.deallocate()
        picks.deallocate()
        pickedInputs.deallocate()
        pickedStates.deallocate()
        pickedKeys.deallocate()
        pickedWindows.deallocate()
    }

    /// Learns of a new event type; types are numbered from 0 in the order of these calls.
    func addType(_ type: String) {
        var reducers: UInt64 = 0
        var inputs: UInt64 = 0
        for (index, reducer) in plugin.reducers.enumerated() where reducer.types.isEmpty || reducer.types.contains(type)
        {
            reducers |= 1 << UInt64(index)
            inputs |= 1 << UInt64(reducer.input)
        }
        types.append(type)
        reducersOfType.append(reducers)
        inputsOfType.append(inputs)
    }

    func takeRejections() -> [Rejection] {
        defer { rejections = [] }
        return rejections
    }

    /// Continues after a record that holds no event for plugins.
    func pass(partition: Int, position: UInt64) {
        next[partition] = max(next[partition], position + 1)
    }
}

// MARK: Folding

extension PluginFold {
    func fold(_ batch: Batch, _ fields: FieldList, _ keys: inout KeySpace) {
        guard wants(batch) else { return }
        for index in inputs.indices { read(index, batch, fields) }
        if let marks { dropDuplicates(batch, marks) }
        if let watermarks {
            for event in 0..<batch.count where verdicts[event] == .wanted { watermarks.pass(event, batch) }
        }
        for index in states.indices {
            if let windows = states[index].reducer.windows, let watermarks {
                reduce(index, windows, watermarks, batch, &keys)
            } else {
                reduce(index, batch, &keys)
            }
        }
        for input in inputs { input.end() }
    }

    /// Sorts out the events that this plugin takes and has not folded yet, and moves its positions past the batch.
    private func wants(_ batch: Batch) -> Bool {
        var any = false
        for index in 0..<batch.count {
            let partition = batch.partitions[index]
            let position = batch.events[index].position
            guard position >= next[partition] else {
                verdicts[index] = .passedBy
                continue
            }
            next[partition] = position + 1
            let isSkipped = !skips.isEmpty && skips[partition]?.contains(position) == true
            if reducersOfType[batch.types[index]] == 0 || isSkipped || batch.isBlocked[index] {
                verdicts[index] = .passedBy
            } else {
                verdicts[index] = .wanted
                any = true
                if let marks { marks[partition].prefetch(batch.marks[index]) }
            }
        }
        return any
    }

    private func read(_ index: Int, _ batch: Batch, _ fields: FieldList) {
        let input = inputs[index]
        let bit: UInt64 = 1 << UInt64(index)
        input.begin()
        for event in 0..<batch.count
        where verdicts[event] != .passedBy && inputsOfType[batch.types[event]] & bit != 0 {
            input.pick(event)
        }
        if let slot, let first = input.first {
            slot.enter(
                readNote, partition: batch.partitions[first], position: batch.events[first].position,
                events: input.count)
        }
        defer { slot?.leave() }
        input.read(batch, fields) { event, reason in
            guard verdicts[event] != .rejected else { return }
            verdicts[event] = .rejected
            reject(event, batch, .unreadable, reason)
        }
    }

    private func reject(_ event: Int, _ batch: Batch, _ cause: Rejection.Cause, _ reason: String) {
        let raw = batch.events[event]
        rejections.append(
            Rejection(
                cause: cause, plugin: plugin.id, build: plugin.identity.build, partition: batch.partitions[event],
                position: raw.position, reason: reason,
                payload: Array(UnsafeRawBufferPointer(start: raw.payload, count: Int(raw.payload_length)))))
    }

    private func dropDuplicates(_ batch: Batch, _ marks: UnsafeMutablePointer<MarkSet>) {
        for index in 0..<batch.count where verdicts[index] == .wanted {
            let mark = batch.marks[index]
            if mark.isEmpty { continue }
            switch marks[batch.partitions[index]].insert(mark) {
            case .new: continue
            case .duplicate: dropped.natural += 1
            case .conflict:
                dropped.synthetic += 1
                let field = dedup.rule(for: types[batch.types[index]])?.field ?? ""
                reject(
                    index, batch, .conflict,
                    "its \(field) came before, in an event that says something else: that one counts")
            }
            verdicts[index] = .duplicate
        }
    }

    private func reduce(_ index: Int, _ batch: Batch, _ keys: inout KeySpace) {
        let states = states[index]
        let maker = keyMakers[index]
        let input = inputs[states.reducer.input]
        let bit: UInt64 = 1 << UInt64(index)
        var count = 0
        for event in 0..<batch.count
        where verdicts[event] == .wanted && reducersOfType[batch.types[event]] & bit != 0 {
            guard let key = maker.key(batch.events + event, actor: batch.actors[event], &keys) else { continue }
            states.prefetch(key, partition: batch.partitions[event])
            picks[count] = UInt32(truncatingIfNeeded: event)
            pickedKeys[count] = key
            pickedInputs[count] = input.address(of: event)
            count += 1
        }
        guard count > 0 else { return }
        for pick in 0..<count {
            states.prefetchState(pickedKeys[pick], partition: batch.partitions[Int(picks[pick])])
        }
        for pick in 0..<count {
            let partition = batch.partitions[Int(picks[pick])]
            let state = states.touch(pickedKeys[pick], partition: partition, keys)
            states.prefetch(state)
            pickedStates[pick] = state
        }
        call(index, picked: count, batch)
        states.armTimers(UnsafeBufferPointer(start: pickedStates, count: count))
    }

    /// As `reduce`, of a reducer with windows: an event is folded into each of its windows that is not over.
    private func reduce(
        _ index: Int, _ windows: WindowComponent, _ watermarks: Watermarks, _ batch: Batch, _ keys: inout KeySpace
    ) {
        let maker = keyMakers[index]
        let input = inputs[states[index].reducer.input]
        let bit: UInt64 = 1 << UInt64(index)
        let times = windows.description
        var count = 0
        for event in 0..<batch.count
        where verdicts[event] == .wanted && reducersOfType[batch.types[event]] & bit != 0 {
            let time = batch.events[event].time
            let watermark = watermarks.at(event, disorder: times.disorder)
            var start = times.lastStart(time)
            var isTaken = false
            while start > time &- times.length, watermark < start &+ times.length &+ times.grace {
                let number = keys.number(ofWindow: start)
                let actor = batch.actors[event]
                guard let key = maker.key(batch.events + event, actor: actor, window: number, &keys) else {
                    isTaken = true  // it passes the reducer by
                    break
                }
                states[index].prefetch(key, partition: batch.partitions[event])
                if count == capacity {
                    fold(index, windows, picked: count, watermarks, batch, keys)
                    count = 0
                }
                picks[count] = UInt32(truncatingIfNeeded: event)
                pickedKeys[count] = key
                pickedWindows[count] = start
                pickedInputs[count] = input.address(of: event)
                count += 1
                isTaken = true
                start &-= times.hop
            }
            if !isTaken, watermarks.noteLate(event) { dropped.late += 1 }
        }
        if count > 0 { fold(index, windows, picked: count, watermarks, batch, keys) }
        guard states[index].windows != nil else { return }
        for partition in 0..<partitionCount {
            let watermark = watermarks.of(partition, disorder: times.disorder)
            states[index].removeWindows(at: watermark, partition: partition, &keys)
        }
    }

    private func fold(
        _ index: Int, _ windows: WindowComponent, picked count: Int, _ watermarks: Watermarks, _ batch: Batch,
        _ keys: borrowing KeySpace
    ) {
        let states = states[index]
        for pick in 0..<count {
            states.prefetchState(pickedKeys[pick], partition: batch.partitions[Int(picks[pick])])
        }
        for pick in 0..<count {
            let event = Int(picks[pick])
            let start = pickedWindows[pick]
            let state = states.touch(
                pickedKeys[pick], partition: batch.partitions[event], window: start, keys)
            states.prefetch(state)
            pickedStates[pick] = state
            let end = start &+ windows.description.length
            if watermarks.at(event, disorder: windows.description.disorder) >= end { windows.correct(state) }
        }
        call(index, picked: count, batch)
    }

    /// Has a reducer fold what was picked.
    private func call(_ index: Int, picked count: Int, _ batch: Batch) {
        let states = states[index]
        var call = lectern_reduce_batch()
        call.size = UInt32(MemoryLayout<lectern_reduce_batch>.size)
        call.count = UInt32(count)
        call.events = UnsafePointer(batch.events)
        call.event_stride = UInt32(MemoryLayout<lectern_event>.stride)
        call.pick = UnsafePointer(picks)
        call.inputs = UnsafePointer(pickedInputs)
        call.states = UnsafePointer(pickedStates)
        if let slot {
            let first = Int(picks[0])
            slot.enter(
                reduceNotes[index], partition: batch.partitions[first], position: batch.events[first].position,
                events: count)
        }
        states.reducer.raw.reduce(states.context, &call)
        slot?.leave()
    }

    /// Tells the states of a partition that wait for it that time has come: a record at this position says so.
    func tick(_ time: Int64, partition: Int, position: UInt64, _ keys: inout KeySpace) {
        guard position >= next[partition] else { return }
        next[partition] = position + 1
        guard skips[partition]?.contains(position) != true else { return }
        for (index, states) in states.enumerated() where states.reducer.timer != nil {
            slot?.enter(tickNotes[index], partition: partition, position: position, events: 1)
            states.tick(time, partition: partition, &keys)
            slot?.leave()
        }
    }
}

// MARK: Memory

extension PluginFold {
    /// Fewer marks of a partition are not worth a file.
    static let leastSpilledMarks = 1024

    /// Marks in memory, and in files.
    var markCounts: (resident: Int, spilled: Int) {
        guard let marks else { return (0, 0) }
        return (0..<partitionCount).reduce((0, 0)) { ($0.0 + marks[$1].count, $0.1 + marks[$1].spilledCount) }
    }

    /// Moves the marks of the partitions that have many to files.
    func spillMarks(in folder: String) throws(SpillError) {
        guard let marks else { return }
        for partition in 0..<partitionCount where marks[partition].count >= Self.leastSpilledMarks {
            try marks[partition].spill(in: folder)
        }
    }

    /// Why marks that were spilled can't be read.
    var markFailure: SpillError? {
        guard let marks else { return nil }
        for partition in 0..<partitionCount { if let failure = marks[partition].failure { return failure } }
        return nil
    }
}

// MARK: Checkpoints

extension PluginFold {
    /// The marks of a partition that no checkpoint holds yet.
    func takeMarks(_ partition: Int) -> FreshMarks? { marks?[partition].takeFresh() }

    /// The latest time of an event that it has folded in a partition; nil if it has no windows, or has folded none.
    func latest(_ partition: Int) -> Int64? {
        guard let watermarks, watermarks[partition] != .min else { return nil }
        return watermarks[partition]
    }

    func restore(position: UInt64, marks stored: [[UInt8]], latest: Int64?, partition: Int) {
        next[partition] = position
        if let latest { watermarks?[partition] = latest }
        guard let marks else { return }
        for bytes in stored { bytes.withUnsafeBytes { marks[partition].restore($0) } }
    }
}
