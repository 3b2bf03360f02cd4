import CRecords
import Glibc
import Records

/// The frames that a client sends (RFC 6455, section 5).
enum WebSocketFrame {
    enum Opcode: UInt8 {
        case text = 1, close = 8, pong = 10
    }

    /// Adds a whole frame, masked with `key`.
    static func append(_ opcode: Opcode, _ payload: UnsafeRawBufferPointer, key: UInt32, to bytes: inout Bytes) {
        bytes.append(byte: 0x80 | opcode.rawValue)
        switch payload.count {
        case ...125:
            bytes.append(byte: 0x80 | UInt8(payload.count))
        case ...65_535:
            bytes.append(byte: 0x80 | 126)
            withUnsafeBytes(of: UInt16(payload.count).bigEndian) { bytes.append($0) }
        default:
            bytes.append(byte: 0x80 | 127)
            withUnsafeBytes(of: UInt64(payload.count).bigEndian) { bytes.append($0) }
        }
        withUnsafeBytes(of: key) { bytes.append($0) }
        let start = bytes.count
        bytes.append(payload)
        mask(UnsafeMutableRawBufferPointer(start: bytes.raw.start + start, count: payload.count), key)
    }

    private static func mask(_ payload: UnsafeMutableRawBufferPointer, _ key: UInt32) {
        let wide = UInt64(key) | UInt64(key) << 32
        let whole = payload.count & ~7
        for offset in stride(from: 0, to: whole, by: 8) {
            let word = payload.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            payload.storeBytes(of: word ^ wide, toByteOffset: offset, as: UInt64.self)
        }
        for offset in whole..<payload.count {
            payload[offset] ^= UInt8(truncatingIfNeeded: key >> (8 * UInt32(offset & 3)))
        }
    }
}

/// Takes a server's bytes apart into messages: a state machine without a socket.
struct WebSocketMessages {
    enum Message: Equatable {
        case text([UInt8])
        case ping([UInt8])
        case close(UInt16, String)
    }

    /// No host sends longer ones on an ingest connection.
    private static let limit = 1 << 20

    private var bytes: [UInt8] = []
    private var start = 0
    /// The fragments so far of a message that has begun.
    private var fragments: [UInt8]?

    mutating func add(_ more: UnsafeRawBufferPointer) {
        bytes.removeFirst(start)
        start = 0
        bytes.append(contentsOf: more)
    }

    /// The next whole message, or nil until more has been added.
    mutating func next() throws(ConnectionFailure) -> Message? {
        while let (first, payload) = try frame() {
            switch first & 0x0f {
            case 0, 1:
                guard (first & 0x0f == 0) == (fragments != nil) else { throw .lost("the host mixes messages up") }
                let text = (fragments ?? []) + payload
                guard text.count <= Self.limit else { throw .lost("the host sends a message that is too large") }
                fragments = first & 0x80 == 0 ? text : nil
                if fragments == nil { return .text(text) }
            case 8:
                guard payload.count >= 2 else { return .close(1005, "") }
                let reason = String(decoding: payload.dropFirst(2), as: UTF8.self)
                return .close(UInt16(payload[0]) << 8 | UInt16(payload[1]), reason)
            case 9: return .ping(payload)
            case 10: continue
            default: throw .lost("the host sends a frame of an unknown kind")
            }
        }
        return nil
    }

    /// The first byte and the payload of the next frame.
    private mutating func frame() throws(ConnectionFailure) -> (UInt8, [UInt8])? {
        let rest = bytes[start...]
        guard rest.count >= 2 else { return nil }
        let (first, second) = (rest[start], rest[start + 1])
        guard first & 0x70 == 0, second & 0x80 == 0 else { throw .lost("what the host sends is no WebSocket frame") }
        let extra = second == 126 ? 2 : second == 127 ? 8 : 0
        guard rest.count >= 2 + extra else { return nil }
        let length =
            extra == 0 ? UInt64(second) : rest[(start + 2)..<(start + 2 + extra)].reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.limit) else { throw .lost("the host sends a message that is too large") }
        let end = start + 2 + extra + Int(length)
        guard bytes.count >= end else { return nil }
        defer { start = end }
        return (first, Array(bytes[(end - Int(length))..<end]))
    }
}
