public import Glibc

/// Writes CBOR in core deterministic encoding (RFC 8949, section 4.2): the shortest form of every number, map keys in
/// the order of their bytes; NaN is always the same, and -0 is 0.
public struct StateWriter: ~Copyable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var count = 0
    @usableFromInline var capacity: Int
    @usableFromInline var isOwned: Bool
    /// The map or array that is being written.
    @usableFromInline var frame = Frame()

    @frozen
    @usableFromInline
    struct Frame {
        /// Where its entries begin.
        @usableFromInline var start = 0
        @usableFromInline var entries = 0
        /// Where the last entry's key begins; -1 before the first.
        @usableFromInline var lastKey = -1
        /// The length of that key's text; none is longer if it is not a text.
        @usableFromInline var lastLength = -1
        @usableFromInline var isSorted = true
        @usableFromInline init() {}
    }

    /// Writes into memory of its own.
    public init() {
        capacity = 256
        base = .allocate(byteCount: capacity, alignment: 16)
        isOwned = true
    }

    /// Writes into the given memory until it is full.
    @usableFromInline
    init(borrowing memory: UnsafeMutableRawBufferPointer) {
        base = memory.baseAddress!
        capacity = memory.count
        isOwned = false
    }

    deinit {
        if isOwned { base.deallocate() }
    }

    /// What has been written so far.
    @inlinable
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    /// Forgets what has been written.
    public mutating func removeAll() {
        count = 0
        frame = Frame()
    }

    @inlinable
    public mutating func null() { put(0xf6) }

    @inlinable
    public mutating func boolean(_ value: Bool) { put(value ? 0xf5 : 0xf4) }

    @inlinable
    public mutating func integer(_ value: Int64) {
        if value < 0 { head(1, UInt64(bitPattern: ~value)) } else { head(0, UInt64(bitPattern: value)) }
    }

    @inlinable
    public mutating func unsigned(_ value: UInt64) { head(0, value) }

    @inlinable
    public mutating func text(_ value: Text) {
        head(3, UInt64(value.count))
        append(value.utf8)
    }

    public mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { text(Text(start: $0.baseAddress, count: $0.count)) }
    }

    @inlinable
    public mutating func bytes(_ value: UnsafeRawBufferPointer) {
        head(2, UInt64(value.count))
        append(value)
    }

    /// Begins an array: `count` items follow.
    @inlinable
    public mutating func array(_ count: Int) { head(4, UInt64(count)) }

    /// The first byte or bytes of an item: its major type and argument.
    @inlinable
    mutating func head(_ major: UInt8, _ argument: UInt64) {
        reserve(9)
        let type = major << 5
        if argument < 24 {
            base.storeBytes(of: type | UInt8(truncatingIfNeeded: argument), toByteOffset: count, as: UInt8.self)
            count += 1
        } else if argument <= 0xff {
            base.storeBytes(of: type | 24, toByteOffset: count, as: UInt8.self)
            base.storeBytes(of: UInt8(truncatingIfNeeded: argument), toByteOffset: count + 1, as: UInt8.self)
            count += 2
        } else if argument <= 0xffff {
            base.storeBytes(of: type | 25, toByteOffset: count, as: UInt8.self)
            base.storeBytes(
                of: UInt16(truncatingIfNeeded: argument).bigEndian, toByteOffset: count + 1, as: UInt16.self)
            count += 3
        } else if argument <= 0xffff_ffff {
            base.storeBytes(of: type | 26, toByteOffset: count, as: UInt8.self)
            base.storeBytes(
                of: UInt32(truncatingIfNeeded: argument).bigEndian, toByteOffset: count + 1, as: UInt32.self)
            count += 5
        } else {
            base.storeBytes(of: type | 27, toByteOffset: count, as: UInt8.self)
            base.storeBytes(of: argument.bigEndian, toByteOffset: count + 1, as: UInt64.self)
            count += 9
        }
    }

    @inlinable
    mutating func put(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    @inlinable
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(base + count, source, bytes.count)
        count += bytes.count
    }

    @inlinable
    mutating func reserve(_ bytes: Int) {
        if count + bytes > capacity { grow(bytes) }
    }

    @usableFromInline
    @inline(never)
    mutating func grow(_ bytes: Int) {
        capacity = max(capacity * 2, count + bytes)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        if isOwned { base.deallocate() }
        base = larger
        isOwned = true
    }
}
