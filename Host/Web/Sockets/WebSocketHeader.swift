/// The head of a frame (RFC 6455, section 5.2).
struct WebSocketHeader {
    enum Opcode: UInt8 {
        case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10

        var isControl: Bool { rawValue >= 8 }
    }

    let opcode: Opcode
    let isFinal: Bool
    /// As its four bytes came.
    let key: UInt32
    /// Bytes of the head itself.
    let length: Int
    let payloadLength: Int

    /// Head and payload.
    var frameLength: Int { length + payloadLength }

    /// The longest head of a client's frame.
    static let longest = 14

    /// Reads the head of a client's frame; nil if the bytes end within it.
    init?(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(WebSocketViolation) {
        guard bytes.count >= 2 else { return nil }
        let first = bytes[0], second = bytes[1]
        guard first & 0x70 == 0 else { throw .protocolError("a reserved bit is set") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError("an unknown opcode") }
        guard second & 0x80 != 0 else { throw .protocolError("a frame is not masked") }
        isFinal = first & 0x80 != 0
        self.opcode = opcode

        let short = Int(second & 0x7F)
        if opcode.isControl, !isFinal || short > 125 {
            throw .protocolError("a control frame is fragmented or longer than 125 bytes")
        }
        let extra = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 6 + extra else { return nil }
        var payload = UInt64(short)
        if extra > 0 {
            payload = bytes[2..<2 + extra].reduce(0) { $0 << 8 | UInt64($1) }
            guard payload > (extra == 2 ? 125 : 65_535) else {
                throw .protocolError("a length is not in its shortest form")
            }
        }
        guard payload <= UInt64(limit) else { throw .tooBig(limit: limit) }
        payloadLength = Int(payload)
        length = 6 + extra
        key = bytes.loadUnaligned(fromByteOffset: 2 + extra, as: UInt32.self)
    }
}

/// What ends a connection, with the code that its client is told (RFC 6455, section 7.4).
enum WebSocketViolation: Error, Equatable {
    case protocolError(String)
    /// A message of more than `limit` bytes.
    case tooBig(limit: Int)

    var code: UInt16 {
        switch self {
        case .protocolError: 1002
        case .tooBig: 1009
        }
    }

    var reason: String {
        switch self {
        case .protocolError(let reason): reason
        case .tooBig(let limit): "a message may have at most \(limit) bytes"
        }
    }
}
