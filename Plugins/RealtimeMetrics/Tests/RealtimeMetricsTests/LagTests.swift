import RealtimeMetrics
import Testing

@Suite("Lag")
struct LagTests {
    private func lag(_ milliseconds: [Int]) -> Lag {
        milliseconds.reduce(into: Lag()) { $0.add($1) }
    }

    @Test("is counted, summed up and its largest kept")
    func sums() {
        let lag = lag([0, 250, 1_000, 40])
        #expect(lag.count == 4 && lag.sum == 1_290 && lag.largest == 1_000 && lag.ahead == 0)
    }

    @Test("of an event from the future is none, but is counted")
    func ahead() {
        let lag = lag([-5_000, 100])
        #expect(lag.count == 2 && lag.sum == 100 && lag.largest == 100 && lag.ahead == 1)
    }

    @Test("of any length does not overflow", arguments: [Int.max, Int.min])
    func extremes(milliseconds: Int) {
        let lag = lag(Array(repeating: milliseconds, count: 10))
        #expect(lag.sum == (milliseconds > 0 ? 10 * Lag.most : 0))
    }

    @Test(
        "a percentile is at most twice as much as it was, and never above the largest",
        arguments: [
            ([], 95, nil), ([0], 95, 0), ([700], 50, 700), ([1, 2, 3, 4], 50, 3),
            (Array(repeating: 10, count: 19) + [9_000], 95, 15),
            (Array(repeating: 10, count: 18) + [9_000, 9_000], 95, 9_000), ([5, 6, 7, 100], 100, 100),
        ])
    func percentiles(milliseconds: [Int], percent: Int, expected: Int?) {
        #expect(lag(milliseconds).percentile(percent) == expected)
    }

    @Test("parts give the same put together in any order")
    func merged() {
        let parts = [lag([1, 2_000]), lag([-7, 90]), lag([])]
        var one = Lag(), other = Lag()
        parts.forEach { one.merge($0) }
        parts.reversed().forEach { other.merge($0) }
        #expect(one == lag([1, 2_000, -7, 90]) && one == other)
    }
}
