import PluginAPI

/// How late some events came. Everything in it is exact, so parts can be put together in any order.
package struct Lag: Codable, Equatable {
    /// Events that claim a time.
    package var count = 0
    /// Of these, events that claim one after their arrival: their lag counts as 0.
    package var ahead = 0
    /// Milliseconds.
    package var sum = 0
    package var largest = 0
    /// Events by the number of bits of their lag in milliseconds: 0, 1, 2 to 3, 4 to 7, and so on.
    package var bits: [Int: Int] = [:]

    package init() {}

    /// More is no lag but an old file; it counts as this, which is a hundred years.
    package static let most = 3_155_760_000_000

    package mutating func add(_ lag: Int) {
        let late = min(max(lag, 0), Self.most)
        count += 1
        if lag < 0 { ahead += 1 }
        sum += late
        largest.raise(to: late)
        bits[Int.bitWidth - late.leadingZeroBitCount, default: 0] += 1
    }

    package mutating func merge(_ other: Lag) {
        count += other.count
        ahead += other.ahead
        sum += other.sum
        largest.raise(to: other.largest)
        bits.merge(other.bits) { $0 + $1 }
    }

    /// What so many of a hundred events did not exceed, in milliseconds: at most twice as much as it was; nil without
    /// events.
    package func percentile(_ percent: Int) -> Int? {
        var left = (count * percent + 99) / 100
        for (bits, count) in bits.sorted(by: { $0.key < $1.key }) {
            left -= count
            if left <= 0 { return min((1 << bits) - 1, largest) }
        }
        return nil
    }
}
