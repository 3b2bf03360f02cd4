import Records

/// A mark as it lies in a run.
struct SpilledMark {
    var high: UInt64
    var low: UInt64
    /// As of `Mark`.
    var until: Int64
    var content: UInt32

    @inline(__always)
    static func < (a: Self, b: Self) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

/// Marks that memory has no room for: sorted runs, each in a file without a name. In memory stay a filter of each run, and of each
/// block of a run where it begins: less than two bytes a mark. Not thread-safe.
final class MarkRuns {
    /// Marks that are read at once: 4 KiB.
    private static let block = 128
    /// So many runs are merged into one.
    private static let limit = 8

    private final class Run {
        let file: UnnamedFile
        let filter: BloomFilter
        private(set) var count = 0
        /// The first mark's `high` of each block.
        private(set) var fences: [UInt64] = []

        /// - Parameter count: of the marks that come, at most.
        init(in folder: String, count: Int) throws(SpillError) {
            file = try UnnamedFile(in: folder)
            filter = BloomFilter(count: count)
        }

        /// Takes a block of marks, which are larger than those before. All but the last are full.
        func append(_ marks: [SpilledMark]) throws(SpillError) {
            guard let first = marks.first else { return }
            try marks.withUnsafeBytes { bytes in
                Result { () throws(SpillError) in
                    try file.write(bytes, at: count * MemoryLayout<SpilledMark>.stride)
                }
            }.get()
            fences.append(first.high)
            for mark in marks { filter.insert(mark.high ^ mark.low) }
            count += marks.count
        }

        func read(block: Int, into marks: inout [SpilledMark]) throws(SpillError) {
            let size = min(MarkRuns.block, count - block * MarkRuns.block)
            let offset = block * MarkRuns.block * MemoryLayout<SpilledMark>.stride
            if marks.count != size {
                marks = [SpilledMark](repeating: SpilledMark(high: 0, low: 0, until: 0, content: 0), count: size)
            }
            try marks.withUnsafeMutableBytes { bytes in
                Result { () throws(SpillError) in _ = try file.read(bytes, at: offset, least: bytes.count) }
            }.get()
        }
    }

    /// Reads a run from front to back.
    private struct Reader {
        let run: Run
        private var block = 0
        private var marks: [SpilledMark] = []
        private var index = 0

        init(_ run: Run) { self.run = run }

        /// Nil at the end.
        mutating func next() throws(SpillError) -> SpilledMark? {
            if index == marks.count {
                guard block < run.fences.count else { return nil }
                try run.read(block: block, into: &marks)
                block += 1
                index = 0
            }
            defer { index += 1 }
            return marks[index]
        }
    }

    private let folder: String
    /// The oldest first.
    private var runs: [Run] = []
    private var marks: [SpilledMark] = []

    /// - Parameter folder: as of `UnnamedFile`.
    init(in folder: String) { self.folder = folder }

    /// Marks in it, those that have come twice or no longer count included.
    var count: Int { runs.reduce(0) { $0 + $1.count } }

    /// Takes marks in order, as many as it is told; `next` gives them. After an error nothing has changed.
    ///
    /// - Parameter latest: what no longer counts at this time may be left out.
    func add(_ count: Int, latest: Int64, _ next: () -> SpilledMark) throws(SpillError) {
        let run = try Run(in: folder, count: count)
        var block: [SpilledMark] = []
        for _ in 0..<count {
            block.append(next())
            guard block.count == Self.block else { continue }
            try run.append(block)
            block.removeAll(keepingCapacity: true)
        }
        try run.append(block)
        runs.append(run)
        guard runs.count == Self.limit else { return }
        // If that fails, there are more runs than are good; what they say is right.
        if let merged = try? merged(latest) { runs = [merged] }
    }

    /// The newest mark with this key; nil if there is none.
    func find(_ high: UInt64, _ low: UInt64) throws(SpillError) -> SpilledMark? {
        for run in runs.reversed() where run.filter.mayContain(high ^ low) {
            // Marks with this key may begin in the block before the first one that begins with it.
            var block = max(0, Self.first(run.fences.count) { run.fences[$0] >= high } - 1)
            while block < run.fences.count, run.fences[block] <= high {
                try run.read(block: block, into: &marks)
                let wanted = SpilledMark(high: high, low: low, until: 0, content: 0)
                let index = Self.first(marks.count) { !(marks[$0] < wanted) }
                if index < marks.count, marks[index].high == high, marks[index].low == low { return marks[index] }
                block += 1
            }
        }
        return nil
    }

    /// The first index for which a condition holds that holds for all behind it; `count` if there is none.
    private static func first(_ count: Int, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func merged(_ latest: Int64) throws(SpillError) -> Run {
        let merged = try Run(in: folder, count: count)
        var readers = runs.map(Reader.init)
        var heads: [SpilledMark?] = []
        for index in readers.indices { heads.append(try readers[index].next()) }
        var block: [SpilledMark] = []
        while true {
            // Of equals the newest: the last run's.
            var least: Int?
            for (index, head) in heads.enumerated() {
                guard let head else { continue }
                if let known = least, heads[known]! < head { continue }
                least = index
            }
            guard let least, let mark = heads[least] else { break }
            if mark.until >= latest { block.append(mark) }
            for index in heads.indices where heads[index].map({ $0.high == mark.high && $0.low == mark.low }) == true {
                heads[index] = try readers[index].next()
            }
            guard block.count == Self.block else { continue }
            try merged.append(block)
            block.removeAll(keepingCapacity: true)
        }
        try merged.append(block)
        return merged
    }
}
