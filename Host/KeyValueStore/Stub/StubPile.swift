struct StubPile: StatePile {
    let id: Int
    let component: StateComponent
    let isExternal: Bool
    let partition: Int
    /// The oldest first.
    var recent: [[UInt8]] = []
    var sorted: [StateRow] = []
    var size = PileSize()

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

    mutating func merge() throws {
        sorted = try merged()
        recent = []
        size = PileSize(sortedBytes: sorted.reduce(0) { $0 + $1.bytes.count }, sortedRows: sorted.count)
    }
}
