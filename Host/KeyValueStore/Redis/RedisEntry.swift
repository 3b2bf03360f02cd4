/// One checkpoint's marks and blocks, or a part of them, as stored:
///
///     1 byte       1: the marks before it don't count
///     4 bytes      the length of the marks
///     the marks
///     then, for each piece of a block: 4 bytes, the index of its pile; 4 bytes, its length; its states
///
/// All numbers are little-endian.
struct RedisEntry {
    struct Piece {
        let pile: Int
        let range: Range<Int>
    }

    let bytes: [UInt8]
    let replacesMarks: Bool
    let marks: [UInt8]
    let pieces: [Piece]

    /// Nil if the bytes are none.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 5 else { return nil }
        let marksEnd = 5 + Int(bytes.short(at: 1))
        guard bytes.count >= marksEnd else { return nil }
        var pieces: [Piece] = []
        var at = marksEnd
        while at < bytes.count {
            guard bytes.count - at >= 8 else { return nil }
            let end = at + 8 + Int(bytes.short(at: at + 4))
            guard end <= bytes.count else { return nil }
            pieces.append(Piece(pile: Int(bytes.short(at: at)), range: at + 8..<end))
            at = end
        }
        self.bytes = bytes
        replacesMarks = bytes[0] == 1
        marks = Array(bytes[5..<marksEnd])
        self.pieces = pieces
    }
}

/// A checkpoint cut into entries, none of which is much larger than `limit`.
struct RedisEntryPlan {
    private struct Piece {
        let block: Int
        let pile: Int
        let range: Range<Int>
    }

    /// A server takes values up to 512 MiB, and shorter ones are quicker to have in and out.
    private static let limit = 8 << 20

    private var entries: [[Piece]] = []
    private let checkpoint: Checkpoint

    /// - Parameter rows: of each block, as `StateBlock.rows` cuts it.
    init(_ checkpoint: Checkpoint, rows: [[Range<Int>]], piles: [Int]) {
        self.checkpoint = checkpoint
        var entry: [Piece] = []
        var size = checkpoint.marks.count
        for (index, rows) in rows.enumerated() {
            for row in rows {
                if size > 0 && size + row.count > Self.limit {
                    entries.append(entry)
                    entry = []
                    size = 0
                }
                size += row.count
                if let last = entry.last, last.block == index {
                    entry[entry.count - 1] = Piece(
                        block: index, pile: piles[index], range: last.range.lowerBound..<row.upperBound)
                } else {
                    entry.append(Piece(block: index, pile: piles[index], range: row))
                }
            }
        }
        if !entry.isEmpty || entries.isEmpty && (!checkpoint.marks.isEmpty || checkpoint.replacesMarks) {
            entries.append(entry)
        }
    }

    var count: Int { entries.count }

    /// The length of an entry. The marks are in the first.
    func size(_ index: Int) -> Int {
        5 + (index == 0 ? checkpoint.marks.count : 0) + entries[index].reduce(0) { $0 + 8 + $1.range.count }
    }

    func append(_ index: Int, to bytes: inout [UInt8]) {
        bytes.append(index == 0 && checkpoint.replacesMarks ? 1 : 0)
        let marks = index == 0 ? checkpoint.marks : []
        bytes.append(littleEndian: UInt32(marks.count))
        bytes += marks
        for piece in entries[index] {
            bytes.append(littleEndian: UInt32(piece.pile))
            bytes.append(littleEndian: UInt32(piece.range.count))
            bytes += checkpoint.blocks[piece.block].bytes[piece.range]
        }
    }
}

extension [UInt8] {
    fileprivate func short(at offset: Int) -> UInt32 {
        withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }
}
