import PluginHost

/// From when on the states of one reducer want a tick, by partition. It follows from the states, so no checkpoint has it. Not
/// thread-safe.
///
/// A tick at a time is for every state that wanted one by then: so what it does follows from the log, whoever has appended
/// it and why.
final class TimerIndex {
    fileprivate struct Partition {
        /// An entry counts if `times` says the same of its state.
        var heap = TimeHeap<UnsafeMutableRawPointer>()
        var times: [UnsafeMutableRawPointer: Int64] = [:]
        /// States that wanted a tick at a time that a tick has passed: they get each that follows, and none is made for them.
        var overdue: Set<UnsafeMutableRawPointer> = []
        /// States that are not in memory, by their stored keys: a heap of what they waited for when they left.
        var spilled = TimeHeap<[UInt8]>()
    }

    private let timer: TimerComponent
    private var partitions: [Partition]

    init(_ timer: TimerComponent, partitions: Int) {
        self.timer = timer
        self.partitions = Array(repeating: Partition(), count: partitions)
    }

    /// To be called whenever a state has changed.
    func note(_ state: UnsafeMutableRawPointer, partition: Int) {
        partitions[partition].note(state, at: timer.due(state))
    }

    /// The earliest time for which a tick has to be made; `Int64.max`: none.
    var due: Int64 {
        var earliest = Int64.max
        for index in partitions.indices { earliest = min(earliest, partitions[index].due) }
        return earliest
    }

    /// Tells the states that a tick at this time is for. Calls `willChange` before each.
    func tick(_ time: Int64, partition: Int, _ willChange: (UnsafeMutableRawPointer) -> Void) {
        for state in partitions[partition].take(until: time) {
            willChange(state)
            timer.tick(state, time)
            let due = timer.due(state)
            if due <= time {
                partitions[partition].overdue.insert(state)
            } else {
                partitions[partition].note(state, at: due)
            }
        }
    }
}

// MARK: Spilled states

extension TimerIndex {
    /// Whether a tick has passed the time that the state wanted one at.
    func isOverdue(_ state: UnsafeMutableRawPointer) -> Bool {
        partitions[Int(state.header.pointee.partition)].overdue.contains(state)
    }

    /// To be called when a state leaves memory.
    func noteSpilled(_ state: UnsafeMutableRawPointer, key: UnsafeRawBufferPointer) {
        let due = timer.due(state)
        if due != .max { partitions[Int(state.header.pointee.partition)].spilled.push(due, Array(key)) }
    }

    /// Forgets the states in memory, all of which move.
    func forgetMoved() {
        for index in partitions.indices {
            let spilled = partitions[index].spilled
            partitions[index] = Partition()
            partitions[index].spilled = spilled
        }
    }

    /// As `note`, of a state that has moved.
    func noteMoved(_ state: UnsafeMutableRawPointer, isOverdue: Bool) {
        let partition = Int(state.header.pointee.partition)
        if isOverdue {
            partitions[partition].overdue.insert(state)
        } else {
            note(state, partition: partition)
        }
    }

    /// The key of a spilled state that a tick at this time may be for, or nil; it has to be in memory before the tick.
    func takeSpilled(_ time: Int64, partition: Int) -> [UInt8]? {
        guard let first = partitions[partition].spilled.first, first.time <= time else { return nil }
        partitions[partition].spilled.pop()
        return first.value
    }
}

extension TimerIndex.Partition {
    fileprivate mutating func note(_ state: UnsafeMutableRawPointer, at time: Int64) {
        if time == .max {
            if times.removeValue(forKey: state) == nil { overdue.remove(state) }
            return
        }
        guard times.updateValue(time, forKey: state) != time else { return }
        overdue.remove(state)
        heap.push(time, state)
    }

    /// The earliest time of an entry that counts. A state that has come back may count twice: then one tick is for nobody.
    fileprivate var due: Int64 {
        mutating get {
            while let first = heap.first, times[first.value] != first.time { heap.pop() }
            return min(heap.first?.time ?? .max, spilled.first?.time ?? .max)
        }
    }

    fileprivate mutating func take(until time: Int64) -> [UnsafeMutableRawPointer] {
        var states = Array(overdue)
        overdue.removeAll()
        while due <= time, let first = heap.first {
            heap.pop()
            times[first.value] = nil
            states.append(first.value)
        }
        return states
    }
}
