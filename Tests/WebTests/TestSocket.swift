import Foundation
import Testing

/// A client's end of a WebSocket.
extension TestClient {
    enum Frame: Equatable {
        case text(String)
        case ping([UInt8])
        case pong([UInt8])
        /// Code and reason.
        case close(Int?, String)
    }

    /// Asks for a WebSocket; returns the status.
    func upgrade(_ target: String = "/wsapi/in/", headers: [String: String] = [:]) throws -> Int {
        let handshake = [
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try head("GET", target, headers: handshake.merging(headers) { _, new in new })
        let (status, fields) = try answerHead()
        // The sample of RFC 6455.
        if status == 101, fields["sec-websocket-accept"] != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
            throw Failure(description: "a wrong Sec-WebSocket-Accept")
        }
        return status
    }

    /// The bytes of a masked frame.
    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved | opcode]
        let mask: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(mask | UInt8(payload.count))
        case ...65_535: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(mask | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(payload.count >> shift & 255)) }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    static func text(_ text: String) -> [UInt8] { frame(1, Array(text.utf8)) }

    static func close(_ code: Int) -> [UInt8] { frame(8, [UInt8(code >> 8), UInt8(code & 255)]) }

    /// The next frame of the server, which sends none in fragments.
    func next() throws -> Frame {
        let head = try read(2)
        var length = Int(head[1] & 0x7F)
        guard head[0] & 0xF0 == 0x80, head[1] & 0x80 == 0 else { throw Failure(description: "a wrong frame: \(head)") }
        if length >= 126 { length = try read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) } }
        let payload = try read(length)
        switch head[0] & 15 {
        case 1: return .text(String(decoding: payload, as: UTF8.self))
        case 8:
            let code = payload.count < 2 ? nil : Int(payload[0]) << 8 | Int(payload[1])
            return .close(code, String(decoding: payload.dropFirst(2), as: UTF8.self))
        case 9: return .ping(payload)
        case 10: return .pong(payload)
        default: throw Failure(description: "an unknown opcode: \(head)")
        }
    }
}

extension TestClient {
    /// Notes an issue unless the next frame is this one.
    func expect(_ frame: Frame, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let found = try next()
        #expect(found == frame, sourceLocation: sourceLocation)
    }
}

/// Looks again and again, for some seconds, until it is so.
func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    for _ in 0..<200 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(25))
    }
    return condition()
}
