import PluginAPI
import Testing

@Suite("States written by hand")
struct StateCodingTests {
    struct ByHand: StateCoding, Equatable {
        var count = 0
        var name = ""
        var last: Int64?
        var list: [Double] = []

        init(count: Int, name: String, last: Int64?, list: [Double]) {
            (self.count, self.name, self.last, self.list) = (count, name, last, list)
        }

        func encode(into writer: inout StateWriter) {
            writer.map { map in
                map.field("count", count)
                map.field("name", name)
                map.field("list", list)
                map.field("last", last)
            }
        }

        init(from reader: inout StateReader) throws {
            var map = try reader.map()
            list = try map.read("list")
            name = try map.read("name")
            count = try map.read("count")
            last = try map.read("last")
        }
    }

    struct ByCompiler: Codable {
        var count: Int
        var name: String
        var last: Int64?
        var list: [Double]
    }

    struct Outer: Codable, Equatable {
        var inner: ByHand
        var others: [String: ByHand]
    }

    let value = ByHand(count: 3, name: "ąę\u{1F389}", last: 5, list: [1, 2.5])

    @Test("fields are sorted, in whatever order they are written and read")
    func order() throws {
        let same = ByCompiler(count: 3, name: "ąę\u{1F389}", last: 5, list: [1, 2.5])
        #expect(try StateBytes.encode(value) == StateBytes.encode(same))
        #expect(try stored(value) == value)
    }

    @Test("they may be part of a Codable state")
    func nested() throws {
        let outer = Outer(inner: value, others: ["b": value, "a": value])
        #expect(try stored(outer) == outer)
    }

    @Test("long maps and long texts")
    func long() throws {
        let many = Dictionary(
            uniqueKeysWithValues: (0..<3000).map {
                ("key number \($0)", ["\($0)": String(repeating: "x", count: $0 % 300)])
            })
        #expect(try stored(many) == many)
        #expect(try stored(Array(0..<70_000)) == Array(0..<70_000))
    }
}

@Suite("Accumulators")
struct AccumulatorTests {
    @Test("a mean is exact in any order, and can be taken back")
    func mean() throws {
        var generator = SplitMix(state: 3)
        let values = (0..<1000).map { _ in Double.random(in: -1000...1000, using: &generator) }
        var forward = Mean(), backward = Mean(), half = Mean(), rest = Mean()
        values.forEach { forward.add($0) }
        values.reversed().forEach { backward.add($0) }
        values[..<400].forEach { half.add($0) }
        values[400...].forEach { rest.add($0) }
        rest.merge(half)
        #expect(forward == backward)
        #expect(forward == rest)
        #expect(try stored(forward) == forward)
        rest.subtract(half)
        values[400...].forEach { rest.remove($0) }
        #expect(rest == Mean())
        #expect(rest.mean == nil)
        forward.add(.nan)
        forward.add(.infinity)
        forward.add(Int.max)
        #expect(try stored(forward) == forward)
    }

    @Test("a mean of whole numbers")
    func integers() {
        var mean = Mean()
        for score in [70, 80, 85] { mean.add(score) }
        #expect(mean.count == 3)
        #expect(mean.sum == 235)
        #expect(mean.mean == 235.0 / 3)
    }

    @Test("a distinct set counts as Set does", arguments: [1, 4, 5, 16, 17, 1000, 20_000])
    func distinct(size: Int) throws {
        var generator = SplitMix(state: UInt64(size))
        var set = DistinctSet(), same = Set<UInt64>()
        let values = (0..<size).map { _ in UInt64.random(in: 0...UInt64(size), using: &generator) } + [0, .max]
        for value in values + values.shuffled(using: &generator) {
            set.insert(value)
            same.insert(value)
        }
        #expect(set.count == same.count)
        #expect(set.sorted == same.sorted())
        #expect(same.allSatisfy(set.contains))
        #expect(!set.contains(UInt64(size) + 7))
        #expect(try stored(set) == set)
        #expect(try StateBytes.encode(set) == StateBytes.encode(same.sorted()))

        let copy = set
        set.insert(UInt64(size) + 7)
        #expect(copy.count == same.count, "a copy keeps its values")
        #expect(set.count == same.count + 1)
        var merged = copy
        merged.merge(set)
        #expect(merged == set)
    }

    @Test("the latest value, in any order")
    func latest() throws {
        let offers = [("a", 1), ("c", 3), ("b", 3), ("d", 2)]
        for offers in [offers, offers.reversed()] {
            var latest = Latest<String>(), other = Latest<String>()
            for (value, second) in offers { latest.offer(value, at: Timestamp(seconds: Int64(second))) }
            other.merge(latest)
            #expect(other.value == "c")
            #expect(try stored(other) == other)
        }
    }

    @Test func extremes() {
        var last: Timestamp?
        last.raise(to: Timestamp(seconds: 5))
        last.raise(to: Timestamp(seconds: 3))
        last.raise(to: nil)
        #expect(last == Timestamp(seconds: 5))
        last.lower(to: Timestamp(seconds: 2))
        #expect(last == Timestamp(seconds: 2))
        var number = 4
        number.raise(to: 7)
        number.lower(to: 6)
        #expect(number == 6)
    }
}
