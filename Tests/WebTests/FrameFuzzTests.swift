import Foundation
import Ingest
import Testing
import Web

/// Bytes on a WebSocket that are no frames, or not quite.
@Suite struct FrameFuzzTests {
    /// xorshift64*.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_F491_4F6C_DD1D
        }
    }

    /// Valid frames, in pieces or damaged.
    private func bytes(_ generator: inout Generator) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<Int.random(in: 1..<6, using: &generator) {
            let payload = Array(#"{"event":"x","n":\#(number)}"#.utf8)
            let opcode = [UInt8](arrayLiteral: 1, 1, 1, 0, 2, 9, 10, 8, 3, 11).randomElement(using: &generator)!
            bytes += TestClient.frame(
                opcode, payload, isFinal: Int.random(in: 0..<4, using: &generator) > 0,
                isMasked: Int.random(in: 0..<8, using: &generator) > 0,
                reserved: Int.random(in: 0..<12, using: &generator) == 0 ? 0x40 : 0)
        }
        for _ in 0..<Int.random(in: 0..<3, using: &generator) {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
        }
        return bytes
    }

    @Test(arguments: 1...10)
    func theHostStaysThereForOthers(seed: Int) async throws {
        try await TestServer.run { server in
            var generator = Generator(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
            for _ in 0..<20 {
                let damaged = bytes(&generator)
                let cut = Int.random(in: 0...damaged.count, using: &generator)
                try await server.connect { client in
                    guard try client.upgrade() == 101 else { return }
                    // It may have closed the connection after the first part.
                    try? client.send(Array(damaged[..<cut]))
                    try? client.send(Array(damaged[cut...]))
                }
            }
            try await server.connect { client in
                #expect(try client.upgrade() == 101)
                try client.send(TestClient.text(#"{"event":"x","user_id":"ada"}"#))
                try client.expect(.text(#"{"status":"auth","user_id":"testcase-ada"}"#))
            }
            #expect(try server.actors().last == "tc-testcase-ada")
        }
    }
}
