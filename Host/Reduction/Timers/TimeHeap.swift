/// A binary heap of values by time, the earliest first.
struct TimeHeap<Value> {
    struct Entry {
        let time: Int64
        let value: Value
    }

    private var entries: [Entry] = []

    var first: Entry? { entries.first }

    mutating func push(_ time: Int64, _ value: Value) {
        var at = entries.count
        entries.append(Entry(time: time, value: value))
        while at > 0, entries[at].time < entries[(at - 1) / 2].time {
            entries.swapAt(at, (at - 1) / 2)
            at = (at - 1) / 2
        }
    }

    /// Removes the first; there must be one.
    mutating func pop() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var at = 0
        while true {
            var least = at
            for child in [2 * at + 1, 2 * at + 2]
            where child < entries.count && entries[child].time < entries[least].time {
                least = child
            }
            if least == at { return }
            entries.swapAt(at, least)
            at = least
        }
    }
}
