import CXXHash

/// One state in a block's bytes, which it points into.
struct StateEntry {
    /// Where it begins.
    let offset: Int
    /// Of all of it, the two lengths included.
    let length: Int
    let key: UnsafeRawBufferPointer
    /// Nil if the state is gone.
    let value: UnsafeRawBufferPointer?

    /// What stored states are sorted by. It is stored, so it may never change.
    var hash: Int64 { Self.hash(of: key) }

    static func hash(of key: UnsafeRawBufferPointer) -> Int64 {
        Int64(bitPattern: XXH3_64bits(key.baseAddress, key.count))
    }
}

/// Walks a block's bytes. Costs a few instructions a state: what the states hold is not touched.
struct StateEntries: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether bytes are left that are no state, once `next` has returned nil.
    var isCutShort: Bool { offset != bytes.count }

    @inline(__always)
    mutating func next() -> StateEntry? {
        guard bytes.count - offset >= 8 else { return nil }
        let keyLength = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let stored = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let valueLength = stored == StateBlock.deleted ? 0 : Int(stored)
        let length = 8 + keyLength + valueLength
        guard bytes.count - offset >= length else { return nil }
        let start = offset
        offset += length
        return StateEntry(
            offset: start, length: length,
            key: UnsafeRawBufferPointer(rebasing: bytes[(start + 8)..<(start + 8 + keyLength)]),
            value: stored == StateBlock.deleted
                ? nil : UnsafeRawBufferPointer(rebasing: bytes[(start + 8 + keyLength)..<(start + length)]))
    }
}

extension StateBlock {
    /// A stored row, whose states have been counted when it was committed.
    init(component: StateComponent, external: Bool, bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { raw in StateEntries(raw).reduce(0) { count, _ in count + 1 } }
        self.init(
            component: component.name, incarnation: component.incarnation, fields: component.fields,
            spread: component.spread, external: external, bytes: bytes, count: count)
    }

    /// Adds a state, or that it is gone (`value` is nil).
    package mutating func append(key: [UInt8], value: [UInt8]?) {
        let valueLength = value.map { UInt32($0.count) } ?? Self.deleted
        for length in [UInt32(key.count), valueLength] {
            for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
        }
        bytes += key
        if let value { bytes += value }
        count += 1
    }

    /// The largest row that states are stored in, unless one state alone is larger.
    static let rowLimit = 64 << 10

    /// Cuts the bytes into rows of whole states. Throws `badBlock` if they are not `count` states.
    func rows(plugin: String) throws -> [Range<Int>] {
        try bytes.withUnsafeBytes { raw in
            var rows: [Range<Int>] = []
            var start = 0
            var walked = 0
            var entries = StateEntries(raw)
            while let entry = entries.next() {
                walked += 1
                if entry.offset + entry.length - start > Self.rowLimit && entry.offset > start {
                    rows.append(start..<entry.offset)
                    start = entry.offset
                }
            }
            guard !entries.isCutShort, walked == count else {
                let reason =
                    entries.isCutShort
                    ? "found \(raw.count - entries.offset) bytes after state \(walked), expected a state"
                    : "found \(walked) states, expected \(count)"
                throw StoreError.badBlock(plugin: plugin, component: component, reason: reason)
            }
            if start < raw.count { rows.append(start..<raw.count) }
            return rows
        }
    }
}
