import Synchronization

/// States of a shard and marks of its dedup, in memory and in files.
package struct StateCounts: Sendable {
    package var resident = 0
    package var spilled = 0
    package var residentMarks = 0
    package var spilledMarks = 0

    /// What could leave memory.
    var inMemory: Int { resident + residentMarks }

    static func + (a: Self, b: Self) -> Self {
        Self(
            resident: a.resident + b.resident, spilled: a.spilled + b.spilled,
            residentMarks: a.residentMarks + b.residentMarks, spilledMarks: a.spilledMarks + b.spilledMarks)
    }
}

/// The same for other threads to read.
struct SharedStateCounts: ~Copyable, Sendable {
    private let resident = Atomic<Int>(0)
    private let spilled = Atomic<Int>(0)
    private let residentMarks = Atomic<Int>(0)
    private let spilledMarks = Atomic<Int>(0)

    var counts: StateCounts {
        StateCounts(
            resident: resident.load(ordering: .relaxed), spilled: spilled.load(ordering: .relaxed),
            residentMarks: residentMarks.load(ordering: .relaxed), spilledMarks: spilledMarks.load(ordering: .relaxed))
    }

    func store(_ counts: StateCounts) {
        resident.store(counts.resident, ordering: .relaxed)
        spilled.store(counts.spilled, ordering: .relaxed)
        residentMarks.store(counts.residentMarks, ordering: .relaxed)
        spilledMarks.store(counts.spilledMarks, ordering: .relaxed)
    }
}
