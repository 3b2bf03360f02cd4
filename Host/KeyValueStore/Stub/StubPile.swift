struct StubPile: StatePile {
    let id: Int
    let component: StateComponent
    let isExternal: Bool
    let partition: Int
    /// The oldest first.
    private(set) var recent: [[UInt8]] = []
    private(set) var sorted: [StateRow] = []
    private var size = PileSize()

    init(id: Int, component: StateComponent, isExternal: Bool, partition: Int) {
        self.id = id
        self.component = component
        self.isExternal = isExternal
        self.partition = partition
    }

    func forEachRecent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        for row in recent { try row.withUnsafeBytes(body) }
    }

    func forEachSorted(from hash: Int64, _ body: (Int64, UnsafeRawBufferPointer) throws -> Bool) throws {
        let first = sorted.lastIndex { $0.firstHash <= hash } ?? 0
        for row in sorted[first...] {
            guard try row.bytes.withUnsafeBytes({ try body(row.firstHash, $0) }) else { return }
        }
    }

    mutating func add(_ block: [UInt8]) throws {
        if let size = size.adding(bytes: block.count, rows: 1) {
            recent.append(block)
            self.size = size
        } else {
            var sorter = StateSorter()
            sorted = try merged(with: block, by: &sorter)
            recent = []
            size = PileSize(merged: sorted)
        }
    }
}
