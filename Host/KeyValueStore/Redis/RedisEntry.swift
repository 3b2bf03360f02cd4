/// One checkpoint's marks and blocks, or a part of them. As stored:
///
///     1 byte       1: the marks before it don't count
///     4 bytes      the length of the marks
///     the marks
///     then, for each piece of a block: 4 bytes, the index of its pile; 4 bytes, its length; its states
///
/// All numbers are little-endian.
struct RedisEntry: Sendable {
    struct Piece: Sendable {
        let pile: Int
        /// A part of what the entry was read from, or of the block that was committed.
        let states: ArraySlice<UInt8>
    }

    let replacesMarks: Bool
    let marks: [UInt8]
    let pieces: [Piece]

    /// A server takes values up to 512 MiB, and shorter ones are quicker to have in and out.
    private static let limit = 8 << 20

    /// Of a checkpoint: entries none of which is much larger than the limit. The marks are in the first.
    ///
    /// - Parameter rows: of each block, as `StateBlock.rows` cuts it.
    static func cut(_ checkpoint: Checkpoint, rows: [[Range<Int>]], piles: [Int]) -> [RedisEntry] {
        var entries: [RedisEntry] = []
        var pieces: [Piece] = []
        var size = checkpoint.marks.count
        func end() {
            let isFirst = entries.isEmpty
            entries.append(
                RedisEntry(
                    replacesMarks: isFirst && checkpoint.replacesMarks, marks: isFirst ? checkpoint.marks : [],
                    pieces: pieces))
            pieces = []
            size = 0
        }
        for (index, rows) in rows.enumerated() {
            let bytes = checkpoint.blocks[index].bytes
            var start = 0
            for row in rows {
                if size > 0 && size + row.count > Self.limit {
                    if row.lowerBound > start {
                        pieces.append(Piece(pile: piles[index], states: bytes[start..<row.lowerBound]))
                    }
                    end()
                    start = row.lowerBound
                }
                size += row.count
            }
            if start < bytes.count { pieces.append(Piece(pile: piles[index], states: bytes[start...])) }
        }
        if !pieces.isEmpty || entries.isEmpty && (!checkpoint.marks.isEmpty || checkpoint.replacesMarks) { end() }
        return entries
    }

    private init(replacesMarks: Bool, marks: [UInt8], pieces: [Piece]) {
        self.replacesMarks = replacesMarks
        self.marks = marks
        self.pieces = pieces
    }

    /// How long it is as stored.
    var size: Int { pieces.reduce(5 + marks.count) { $0 + 8 + $1.states.count } }

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
            pieces.append(Piece(pile: Int(bytes.short(at: at)), states: bytes[at + 8..<end]))
            at = end
        }
        self.init(replacesMarks: bytes[0] == 1, marks: Array(bytes[5..<marksEnd]), pieces: pieces)
    }
}

extension [UInt8] {
    fileprivate func short(at offset: Int) -> UInt32 {
        withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
    }
}
