import Foundation

/// One sorted part of all that a head names.
struct RedisMerge: Sendable {
    let id: RedisPartitionID
    /// What it was made of.
    let head: RedisHead
    let base: RedisBase
    let rows: [[UInt8]]

    /// Reads and sorts. Blocks. Throws `RedisOutdated` if some of it is gone.
    ///
    /// - Parameter sorter: empty before and after: its memory serves many merges.
    init(_ contents: RedisPartitionContents, by sorter: inout StateSorter) throws {
        var parts = RedisBase()
        var sortedRows: [[UInt8]] = []
        for index in contents.description.piles.indices {
            let pile = RedisPile(contents, index: index, number: 0)
            let merged = try pile.merged(with: [], by: &sorter)
            parts.piles.append(
                RedisBase.Pile(pile: index, firstRow: sortedRows.count, hashes: merged.map { $0.firstHash }))
            sortedRows += merged.map { $0.bytes }
        }
        parts.marks = Data(try contents.marks().flatMap { MarkFrames.frame($0) })
        id = contents.id
        head = contents.head
        base = parts
        rows = sortedRows
    }
}
