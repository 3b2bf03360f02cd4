import PluginAPI
import Testing

@Suite("Quantiles")
struct QuantilesTests {
    private func numbers(_ count: Int, seed: UInt64) -> [Double] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let part = Double(state >> 11) / 0x1p53
            // From a thousandth to a million, with as many of each size; a tenth below zero.
            let size = Double(
                sign: .plus, exponent: Int(part * 30) - 10,
                significand: 1 + (part * 1000).truncatingRemainder(dividingBy: 1))
            return state % 10 == 0 ? -size : size
        }
    }

    @Test("are within 1 % of the number of that rank", arguments: [1, 2, 10, 1_000, 20_000])
    func accuracy(count: Int) throws {
        let numbers = numbers(count, seed: UInt64(count))
        var quantiles = Quantiles()
        for number in numbers { quantiles.add(number) }
        let sorted = numbers.sorted()
        for part in [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1] {
            let exact = sorted[Int((part * Double(count - 1)).rounded(.down))]
            let found = try #require(quantiles.quantile(part))
            #expect(abs(found - exact) <= 0.01 * abs(exact) * (1 + 1e-9), "\(part): \(found), \(exact)")
        }
    }

    @Test("of every number from 1 to a million are within 1 %") func singleNumbers() throws {
        var number = 1.0
        while number < 1e6 {
            var quantiles = Quantiles()
            quantiles.add(number)
            let found = try #require(quantiles.quantile(0.5))
            #expect(abs(found - number) <= 0.01 * number * (1 + 1e-9), "\(number)")
            number *= 1.000_37
        }
    }

    @Test("are the same in any order and grouping, and what is taken back was never there") func exactness() throws {
        let numbers = numbers(5_000, seed: 3)
        var (forth, back, even, odd) = (Quantiles(), Quantiles(), Quantiles(), Quantiles())
        for (index, number) in numbers.enumerated() {
            forth.add(number)
            if index % 2 == 0 { even.add(number) } else { odd.add(number) }
        }
        for number in numbers.reversed() { back.add(number) }
        #expect(forth == back)
        var merged = odd
        merged.merge(even)
        #expect(merged == forth)
        merged.subtract(odd)
        #expect(merged == even)
        for (index, number) in numbers.enumerated() where index % 2 == 0 { merged.remove(number) }
        #expect(merged == Quantiles())
        #expect(merged.quantile(0.5) == nil)
    }

    @Test("take zero, the infinite and what is no number") func oddNumbers() {
        var quantiles = Quantiles()
        for number in [0, -0.0, .nan, .infinity, -.infinity, 1e300, .leastNonzeroMagnitude, -1e-10] {
            quantiles.add(number)
        }
        #expect(quantiles.count == 8)
        #expect(quantiles.quantile(0.5) == 0)
        #expect(abs(quantiles.quantile(1)! / 1e12 - 1) < 0.01)
        #expect(abs(quantiles.quantile(0)! / -1e12 - 1) < 0.01)
    }

    @Test("come back as they were stored") func coding() throws {
        var quantiles = Quantiles()
        #expect(try restored(quantiles) == quantiles)
        for number in numbers(1_000, seed: 9) { quantiles.add(number) }
        #expect(try restored(quantiles) == quantiles)
    }
}

@Suite("Sets of what is distinct")
struct DistinctSetTests {
    @Test(
        "list their values in order, whatever bits these have in common",
        arguments: [0, 1, 4, 5, 17, 120, 512, 5_000] as [UInt64])
    func order(count: UInt64) {
        let sequences: [(UInt64) -> UInt64] = [
            { $0 }, { .max - $0 }, { $0 << 57 | $0 }, { $0 &* 0x9e37_79b9_7f4a_7c15 },
            hash(ofItem:),
        ]
        for sequence in sequences {
            let values = Set((0..<count).map(sequence))
            var set = DistinctSet()
            for value in values { set.insert(value) }
            #expect(set.count == values.count)
            #expect(set.sorted == values.sorted())
        }
    }

    /// Names that are alike have hashes that begin alike.
    private func hash(ofItem number: UInt64) -> UInt64 {
        var name = "item-\(number)"
        return name.withUTF8 { DistinctCount.hash(of: Text(start: $0.baseAddress, count: $0.count)) }
    }
}

@Suite("Counts of what is distinct")
struct DistinctCountTests {
    private func counted(_ values: some Sequence<UInt64>) -> DistinctCount {
        var count = DistinctCount()
        for value in values { count.insert(value) }
        return count
    }

    @Test("are exact up to 512, each value once") func exact() {
        let count = counted((0..<512).flatMap { [$0, $0] })
        #expect(count.isExact)
        #expect(count.count == 512)
        #expect(!counted(0..<513).isExact)
    }

    @Test("are within five standard errors beyond", arguments: [513, 1_000, 4_000, 10_000, 100_000, 1_000_000])
    func estimates(number: Int) {
        for first in [0, 1 << 40] as [UInt64] {
            let count = counted(first..<first + UInt64(number)).count
            #expect(abs(Double(count) / Double(number) - 1) < 5 * 0.0163, "\(count)")
        }
    }

    @Test("are the same in any order and grouping", arguments: [100, 600, 5_000] as [UInt64])
    func merging(number: UInt64) throws {
        let whole = counted(0..<number)
        #expect(counted((0..<number).reversed()) == whole)
        for parts in [2, 7, 50] as [UInt64] {
            var merged = DistinctCount()
            for part in (0..<parts).reversed() {
                merged.merge(counted((0..<number).filter { $0 % parts == part || $0 % 3 == 0 }))
            }
            #expect(merged == whole)
        }
        #expect(try restored(whole) == whole)
    }
}

/// A state as a host stores it and reads it again.
private func restored<State: StateCoding>(_ state: State) throws -> State {
    var writer = StateWriter()
    state.encode(into: &writer)
    return try writer.withBytes { bytes in
        var reader = StateReader(bytes)
        defer { #expect(throws: Never.self) { try reader.end() } }
        return try State(from: &reader)
    }
}
