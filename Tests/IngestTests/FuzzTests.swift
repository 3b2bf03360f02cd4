import EventLog
import Foundation
import Ingest
import Records
import Testing

/// Whatever a client sends, the host goes on, says what became of each frame, and keeps the neighbours.
@Suite struct FuzzTests {
    /// SplitMix64.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    private static let models = [
        #"{"event":"lock_fields","fields":{"source":"org.x","user_id":"u1","a":[1,{"b":null}]}}"#,
        #"{"event":"save","user_id":"u1","timestamp":1750000000000,"metadata":{"iso_ts":"2025-06-15T15:06:40Z","ts":1}}"#,
        #"{"event":"save_blob","source":"s","activity":"a","blob":{"k":"\u00e9\\\""}}"#,
        #"{"event":"fetch_blob","source":"s","activity":"a"}"#, #"{"event":"terminate"}"#,
        #"{"event_type":"x","time":1e3,"seq":7,"chrome_identity":{"id":1,"email":"a@b.org"},"hash":"h","user_tag":"t"}"#,
        #"{"event":"x","auth":{"user_id":"root"},"server":{"ip":"::1"},"token":"a.b.c"}"#,
    ]
    private static let pieces = [
        "{", "}", "[", "]", "\"", "\\", ":", ",", "null", "true", "-", "1e999", "9223372036854775808", "\\ud800",
        "\\u0000",
        "\u{0}", "\n", "event", "\"event\":", "\"user_id\":5", "\"fields\":{}", String(repeating: "[", count: 2_000),
        String(repeating: "{\"a\":", count: 500), "\u{FEFF}", "é", "\u{1F600}",
    ]

    /// A frame that was valid once, or never.
    private func frame(_ generator: inout Generator) -> [UInt8] {
        if Int.random(in: 0..<10, using: &generator) == 0 {
            return (0..<Int.random(in: 0..<200, using: &generator)).map { _ in
                UInt8(truncatingIfNeeded: generator.next())
            }
        }
        var bytes = Array(Self.models.randomElement(using: &generator)!.utf8)
        for _ in 0..<Int.random(in: 0..<4, using: &generator) {
            let at = Int.random(in: 0...bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes.insert(contentsOf: Array(Self.pieces.randomElement(using: &generator)!.utf8), at: at)
            case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1..<9, using: &generator)))
            case 2: if at < bytes.count { bytes[at] = UInt8(truncatingIfNeeded: generator.next()) }
            case 3: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator) }
            default: bytes.insert(contentsOf: bytes[..<at].suffix(20), at: at)
            }
        }
        return bytes
    }

    @Test(arguments: 0..<20)
    func noFrameHarmsItsNeighbours(seed: Int) throws {
        let rig = try Rig {
            $0.authentication = [.testcase, .localStorage, .chromebook, .hashIdentify]
            $0.connectionRate = RateLimit.Setting(perSecond: 0, burst: 1)
            $0.actorRate = RateLimit.Setting(perSecond: 0, burst: 1)
            $0.lockedBytes = 2_000
        }
        var generator = Generator(state: UInt64(seed))
        var client = try rig.connect()
        client.send(#"{"event":"hello","user_id":"ada"}"#)
        var neighbours = 0
        var connections = 1
        for _ in 0..<400 {
            let bytes = frame(&generator)
            client.send(bytes: bytes, isText: Int.random(in: 0..<20, using: &generator) > 0)
            if try client.replies().contains(where: { $0["close"].number != nil }) {
                client.close()
                client = try rig.connect()
                client.send(#"{"event":"hello","user_id":"ada"}"#)
                connections += 1
            }
            client.send(#"{"event":"neighbour","n":\#(neighbours)}"#)
            neighbours += 1
        }
        client.close()
        let events = try rig.events().filter {
            $0.type == "neighbour" && $0.payload.hasPrefix(#"{"event":"neighbour""#)
        }
        #expect(events.map(\.payload) == (0..<neighbours).map { #"{"event":"neighbour","n":\#($0)}"# })
        #expect(events.allSatisfy { $0.actor == "tc-testcase-ada" })
        #expect(try rig.events().filter { $0.type == "hello" }.count >= connections)
        // Everything that is in the log can be read again, and what is not is a dead letter with the bytes that came.
        for event in try rig.events() { #expect(JSON(event.payload).value is [String: Any]) }
        #expect(rig.service.counters.backlogBytes == 0)
    }

    /// What a parser sees of an event must not depend on what stands behind it in memory.
    @Test func framesOfOneReadDoNotMix() throws {
        let rig = try Rig()
        let client = try rig.connect()
        client.send(
            #"{"event":"a","user_id":"u1"}"#, "{\"event\":\"b", "\"}", #"{"event":"c"}"#, "", #"{"event":"d""#, "}",
            #"{"event":"e"}"#)
        #expect(try rig.events().map(\.type) == ["a", "c", "e"])
        #expect(try rig.letters().count == 5)
    }
}
