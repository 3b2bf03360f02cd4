/// How large a pile is, which decides when it is merged.
struct PileSize: Sendable, Equatable {
    private(set) var bytes = 0
    private(set) var rows = 0
    /// About what the states take without old versions: the sorted part, or the largest block that came since.
    private var live = 0

    init() {}

    /// A pile as stored: all of it, and its sorted part.
    init(bytes: Int, rows: Int, sortedBytes: Int) {
        self.bytes = bytes
        self.rows = rows
        live = sortedBytes
    }

    /// A pile that has just been merged.
    init(merged rows: [StateRow]) {
        bytes = rows.reduce(0) { $0 + $1.bytes.count }
        self.rows = rows.count
        live = bytes
    }

    /// The size with a block added, or nil if the pile should then be merged instead: together with the block, which
    /// need not be written first.
    func adding(bytes: Int, rows: Int) -> PileSize? {
        var size = self
        size.bytes += bytes
        size.rows += rows
        size.live = max(live, bytes)
        return size.needsMerge ? nil : size
    }

    /// A pile may hold its states six times over: then at most one commit in six merges. Small piles may grow
    /// further. Many small rows count as well, since each costs time when the pile is read.
    private var needsMerge: Bool { bytes > 6 * live + (256 << 10) || rows > bytes >> 14 + 256 }
}
