import EventLog
import Ingest
import Records
import Testing

/// `name:type,type…`: an event for each type; `!reason` is rejected, a blank line holds nothing.
private struct ListSource: EventSource {
    let id = "list"

    func decode(_ line: UnsafeRawBufferPointer, into decoded: inout DecodedLine) {
        let line = text(line)
        if line.isEmpty { return }
        if line.hasPrefix("!") { return decoded.reject(String(line.dropFirst())) }
        let parts = line.split(separator: ":", omittingEmptySubsequences: false)
        for type in parts[1].split(separator: ",") {
            let payload = type == "broken" ? "{" : type == "typeless" ? "{}" : #"{"event_type":"own","timestamp":1000}"#
            let fields = type == "own" ? "" : #"{"added":1}"#
            let time = type == "timed" ? DecodedLine.ClaimedTime(microseconds: 7, precision: 4) : nil
            let name = type == "own" || type == "typeless" ? "" : String(type)
            Array(payload.utf8).withUnsafeBytes { payload in
                Array(parts[0].utf8).withUnsafeBytes { actor in
                    Array(name.utf8).withUnsafeBytes { name in
                        Array(fields.utf8).withUnsafeBytes {
                            decoded.add(payload: payload, actor: actor, type: name, fields: $0, time: time)
                        }
                    }
                }
            }
        }
    }
}

@Suite struct SourceTests {
    private func rig() throws -> Rig { try Rig(sources: [ListSource()]) { $0.trust = .loopback } }

    @Test func aLineIsAllOfItsEvents() throws {
        let rig = try rig()
        let client = try rig.connect("source=list&ack=1&client=file", from: "127.0.0.1")
        client.send("u1:a,own", "u2:timed", "", ":lock_fields")
        #expect(try client.replies().last == JSON(#"{"status":"ack","seq":4}"#))
        let events = try rig.events()
        #expect(events.map(\.type) == ["a", "own", "timed", "lock_fields"])
        #expect(events.map(\.actor) == ["u1", "u1", "u2", ""])
        #expect(events.map(\.assertion) == [.source, .source, .source, .nobody])
        #expect(events.map(\.sequence) == [1, 1, 2, 4])
        #expect(events.allSatisfy { $0.client == "list/file" })
        #expect(events.map(\.time) == [1_000_000, 1_000_000, 7, 1_000_000])
        #expect(events.map(\.fields) == [#"{"added":1}"#, "", #"{"added":1}"#, #"{"added":1}"#])
    }

    @Test(arguments: ["!no list", "u1:a,broken", "u1:a,typeless"])
    func aBadLineIsKeptWhole(line: String) throws {
        let rig = try rig()
        let client = try rig.connect("source=list&ack=1&client=file", from: "127.0.0.1")
        client.send(line, "u1:b")
        #expect(try client.errors().count == 1)
        #expect(try rig.events().map(\.type) == ["b"])
        let letter = try #require(try rig.letters().first)
        #expect(letter.stage == .source && letter.sequence == 1 && letter.client == "list/file")
        #expect(letter.original == Array(line.utf8))
    }

    /// After a crash in the middle of a line's records, the line is not there at all, and is asked for again.
    @Test(arguments: [8, 150, 300])
    func aLineIsDurableWholeOrNotAtAll(lost: Int) throws {
        let rig = try rig()
        let client = try rig.connect("source=list&ack=1&client=file", from: "127.0.0.1")
        client.send("u1:a", "u1:b,c,d")
        client.close()
        #expect(try rig.events().count == 4)
        try rig.tear(bytes: lost)
        #expect(try rig.events().map(\.type) == ["a"])
        let again = try rig.connect("source=list&ack=1&client=file", from: "127.0.0.1")
        again.send("u1:b,c,d")
        #expect(try again.replies() == [JSON(#"{"status":"ack","seq":1}"#), JSON(#"{"status":"ack","seq":2}"#)])
        #expect(try rig.events().map(\.type) == ["a", "b", "c", "d"])
    }

    @Test func onlyTrustedConnectionsMayUseOne() throws {
        let rig = try rig()
        #expect { try rig.connect("source=list") } throws: { ($0 as? IngestRefusal)?.status == 403 }
        #expect { try rig.connect("source=other", from: "::1") } throws: { error in
            (error as? IngestRefusal)?.reason == "source=other: no such source; there are list"
        }
    }

    @Test func requestsHoldLines() async throws {
        let rig = try rig()
        var request = EventRequest(peer: IngestPeer(ip: "::1"), body: Array("u1:a\n\nu2:b\n!x\n".utf8))
        request.query = "source=list&client=file&seq=10"
        for accepted in [3, 0] {
            let answer = JSON(await rig.service.answer(request).body)
            #expect(answer["accepted"].number == accepted)
            #expect(answer["duplicates"].number == (accepted == 3 ? 0 : 4))
        }
        #expect(try rig.events().map(\.sequence) == [10, 12])
        #expect(try rig.letters().map(\.sequence) == [13])
    }
}
