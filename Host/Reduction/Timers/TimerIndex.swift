import PluginHost

/// From when on the states of one reducer want a tick, by partition. It follows from the states, so no checkpoint has it. Not
/// thread-safe.
///
/// A tick at a time is for every state that wanted one by then: so what it does follows from the log, whoever has appended
/// it and why.
final class TimerIndex {
    fileprivate struct Entry {
        let time: Int64
        let state: UnsafeMutableRawPointer
    }

    fileprivate struct Partition {
        /// A binary heap, the earliest first. An entry counts if `times` says the same of its state.
        var heap: [Entry] = []
        var times: [UnsafeMutableRawPointer: Int64] = [:]
        /// States that wanted a tick at a time that a tick has passed: they get each that follows, and none is made for them.
        var overdue: Set<UnsafeMutableRawPointer> = []
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

extension TimerIndex.Partition {
    fileprivate mutating func note(_ state: UnsafeMutableRawPointer, at time: Int64) {
        if time == .max {
            if times.removeValue(forKey: state) == nil { overdue.remove(state) }
            return
        }
        guard times.updateValue(time, forKey: state) != time else { return }
        overdue.remove(state)
        push(TimerIndex.Entry(time: time, state: state))
    }

    /// The earliest time of an entry that counts.
    fileprivate var due: Int64 {
        mutating get {
            while let first = heap.first, times[first.state] != first.time { pop() }
            return heap.first?.time ?? .max
        }
    }

    fileprivate mutating func take(until time: Int64) -> [UnsafeMutableRawPointer] {
        var states = Array(overdue)
        overdue.removeAll()
        while due <= time {
            let state = heap[0].state
            pop()
            times[state] = nil
            states.append(state)
        }
        return states
    }

    private mutating func push(_ entry: TimerIndex.Entry) {
        var at = heap.count
        heap.append(entry)
        while at > 0, heap[at].time < heap[(at - 1) / 2].time {
            heap.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    private mutating func pop() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2] where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            if least == at { return }
            heap.swapAt(at, least)
            at = least
        }
    }
}
