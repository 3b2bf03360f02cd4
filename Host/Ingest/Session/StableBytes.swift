/// Bytes at an address that never changes: what is in every record of a connection is used without reference counting.
/// Immutable.
final class StableBytes: Sendable {
    private let start: UInt
    private let count: Int

    init(_ text: String) {
        let utf8 = Array(text.utf8)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: utf8.count, alignment: 1)
        copy.copyBytes(from: utf8)
        start = UInt(bitPattern: copy.baseAddress)
        count = utf8.count
    }

    deinit { UnsafeMutableRawPointer(bitPattern: start)?.deallocate() }

    /// Valid as long as this object.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: count)
    }
}
