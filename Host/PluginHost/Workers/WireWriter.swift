package import Records

/// Writes what goes from one of the host's processes to another: numbers little-endian, texts and bytes behind their
/// length.
package struct WireWriter: ~Copyable {
    package private(set) var bytes = Bytes()

    package init() {}

    package mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append($0) }
    }

    package mutating func write(_ value: Double) { write(value.bitPattern) }

    package mutating func write(_ value: Bool) { write(value ? 1 as UInt8 : 0) }

    package mutating func write(_ part: UnsafeRawBufferPointer) {
        write(UInt64(part.count))
        bytes.append(part)
    }

    package mutating func write(_ part: [UInt8]) { part.withUnsafeBytes { write($0) } }

    package mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Nil as a length that nothing has.
    package mutating func write(_ text: String?) {
        if let text { write(text) } else { write(UInt64.max) }
    }
}

/// What came from another process is not what was expected.
package struct MalformedMessage: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Reads what `WireWriter` wrote, or what pretends to be that.
package struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private var at = 0

    /// - Parameter bytes: must stay as long as the reader.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(MalformedMessage) -> T {
        let size = MemoryLayout<T>.size
        guard bytes.count - at >= size else { throw cut(size) }
        defer { at += size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: T.self))
    }

    package mutating func number() throws(MalformedMessage) -> Double {
        Double(bitPattern: try integer(UInt64.self))
    }

    package mutating func boolean() throws(MalformedMessage) -> Bool { try integer(UInt8.self) != 0 }

    /// Borrowed from the message.
    package mutating func part() throws(MalformedMessage) -> UnsafeRawBufferPointer {
        let length = try integer(UInt64.self)
        guard length <= UInt64(bytes.count - at) else { throw cut(Int(clamping: length)) }
        defer { at += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(length)])
    }

    package mutating func text() throws(MalformedMessage) -> String {
        String(decoding: try part(), as: UTF8.self)
    }

    package mutating func optionalText() throws(MalformedMessage) -> String? {
        guard bytes.count - at >= 8 else { throw cut(8) }
        if bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self) == .max {
            at += 8
            return nil
        }
        return try text()
    }

    /// A number of things that follow, each of which has at least one byte.
    package mutating func count() throws(MalformedMessage) -> Int {
        let count = try integer(UInt32.self)
        guard Int(count) <= bytes.count - at else { throw cut(Int(count)) }
        return Int(count)
    }

    private func cut(_ wanted: Int) -> MalformedMessage {
        MalformedMessage("a message of \(bytes.count) bytes that wants \(wanted) more after \(at)")
    }
}

extension [UInt8] {
    /// Reads a message. What `body` borrows of it is gone afterwards.
    package func read<T>(_ body: (inout WireReader) throws(MalformedMessage) -> T) throws(MalformedMessage) -> T {
        // `withUnsafeBytes` hands on any error, and this one by its type.
        try withUnsafeBytes { bytes in
            Result { () throws(MalformedMessage) in
                var reader = WireReader(bytes)
                return try body(&reader)
            }
        }.get()
    }
}
