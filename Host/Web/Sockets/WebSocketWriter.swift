import NIOCore

/// Writes frames of a server (RFC 6455): whole and unmasked.
enum WebSocketWriter {
    static func text(_ text: String, to buffer: inout ByteBuffer) {
        head(.text, text.utf8.count, to: &buffer)
        buffer.writeString(text)
    }

    /// `payload` has at most 125 bytes.
    static func control(_ opcode: WebSocketHeader.Opcode, _ payload: [UInt8], to buffer: inout ByteBuffer) {
        head(opcode, payload.count, to: &buffer)
        buffer.writeBytes(payload)
    }

    static func close(_ code: UInt16, _ reason: String, to buffer: inout ByteBuffer) {
        var payload = [UInt8(code >> 8), UInt8(code & 255)]
        // Cut where a character ends.
        for character in reason where payload.count + character.utf8.count <= 125 { payload += Array(character.utf8) }
        control(.close, payload, to: &buffer)
    }

    private static func head(_ opcode: WebSocketHeader.Opcode, _ length: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ...125:
            buffer.writeInteger(UInt8(length))
        case ...65_535:
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(length))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(length))
        }
    }
}
