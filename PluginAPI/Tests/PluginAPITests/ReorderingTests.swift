import PluginAPI
import Testing

@Suite("A buffer that puts events in order")
struct ReorderingTests {
    private let disorder = Duration.seconds(10)

    /// What comes out of events at these seconds.
    private func out(_ seconds: [Int], most: Int = 256) -> [Int] {
        var buffer = Reordering<Int>()
        return seconds.flatMap {
            buffer.add($0, at: Timestamp(seconds: Int64($0)), disorder: disorder, most: most)
        }
    }

    @Test("gives events out by their times once a later one is far enough ahead")
    func order() {
        #expect(out([5, 3, 9, 1]) == [])
        #expect(out([5, 3, 9, 1, 15]) == [1, 3, 5])
        #expect(out([5, 3, 9, 1, 15, 12, 40]) == [1, 3, 5, 9, 12, 15])
    }

    @Test("lets what comes too late pass at once")
    func late() {
        #expect(out([100, 50, 95, 110]) == [50, 95, 100])
    }

    @Test("never holds more than it may: the earliest go first")
    func bounded() {
        #expect(out([5, 3, 4, 1], most: 2) == [3, 1])
        #expect(out([5, 5, 5], most: 1) == [5, 5])
    }

    @Test("a tick lets go what has waited for so long")
    func tick() {
        var buffer = Reordering<Int>()
        for second in [5, 3, 9] {
            #expect(buffer.add(second, at: Timestamp(seconds: Int64(second)), disorder: disorder).isEmpty)
        }
        #expect(buffer.due(disorder: disorder) == Timestamp(seconds: 13))
        #expect(buffer.release(at: Timestamp(seconds: 15), disorder: disorder) == [3, 5])
        #expect(buffer.due(disorder: disorder) == Timestamp(seconds: 19) && buffer.count == 1)
        #expect(buffer.release(at: Timestamp(seconds: 19), disorder: disorder) == [9])
        #expect(buffer.due(disorder: disorder) == nil)
    }
}
