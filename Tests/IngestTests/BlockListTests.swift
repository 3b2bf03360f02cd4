import EventLog
import Foundation
import Ingest
import Records
import Settings
import Testing

@Suite struct BlockListTests {
    /// A rig whose rules can be changed.
    private final class Blocked {
        let rig: Rig
        let file: String

        init(_ rules: String, _ configure: (inout IngestConfiguration) -> Void = { _ in }) throws {
            let file = FileManager.default.temporaryDirectory.path + "/rules-\(UUID().uuidString).pmss"
            self.file = file
            try rules.write(toFile: file, atomically: true, encoding: .utf8)
            rig = try Rig {
                $0.rules = [file]
                configure(&$0)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: file) }

        func change(_ rules: String) throws -> Bool {
            try rules.write(toFile: file, atomically: true, encoding: .utf8)
            return try rig.service.blockList!.reload()
        }
    }

    private static let rules = """
        incoming_events { blacklist_event_action: TRANSMIT; }
        incoming_events[domain="drop.org"] { blacklist_event_action: DROP; }
        incoming_events[domain=wait.org] { blacklist_event_action: MAINTAIN; blacklist_time_limit: DAYS; }
        incoming_events[domain=short.org] { blacklist_event_action: maintain; blacklist_time_limit: 90000; }
        """

    private func lock(_ email: String) -> String {
        #"{"event":"lock_fields","fields":{"user_id":"u1","chrome_identity":{"email":"\#(email)"}}}"#
    }

    @Test(arguments: ["a@school.org", "a", ""]) func otherDomainsPass(email: String) throws {
        let blocked = try Blocked(Self.rules)
        let client = try blocked.rig.connect()
        client.send(lock(email), #"{"event":"save"}"#)
        #expect(try client.answers() == [.send(#"{"status":"auth","user_id":"testcase-u1"}"#)])
        #expect(try blocked.rig.events().count == 1)
    }

    @Test(arguments: [
        ("a@drop.org", #""action":"DROP","time_limit":"PERMANENT","message":"Do not send more messages to me""#),
        ("a@Wait.Org", #""action":"MAINTAIN","time_limit":"DAYS","message":"You are blocked for now""#),
        ("wait.org", #""action":"MAINTAIN","time_limit":"DAYS","message":"You are blocked for now""#),
        ("a@short.org", #""action":"MAINTAIN","time_limit":90000,"message":"You are blocked for now""#),
    ])
    func aBlockedClientIsToldAndClosed(email: String, members: String) throws {
        let blocked = try Blocked(Self.rules)
        let client = try blocked.rig.connect()
        client.send(lock(email), #"{"event":"save"}"#, #"{"event":"save"}"#)
        #expect(
            try client.answers() == [
                .send(#"{"status":"auth","user_id":"testcase-u1"}"#),
                .send(#"{"status":"blocklist",\#(members)}"#), .close(1000, ""),
            ])
        #expect(try blocked.rig.events().isEmpty)
        #expect(blocked.rig.service.counters.blocked == 1)
    }

    @Test func whatIsToBeDroppedIsNotKeptAndWhatIsToBeMaintainedIs() throws {
        let blocked = try Blocked(Self.rules)
        let dropped = try blocked.rig.connect()
        dropped.send(lock("a@drop.org"), #"{"event":"first"}"#)
        dropped.close()
        #expect(try blocked.rig.letters().isEmpty)
        let maintained = try blocked.rig.connect()
        maintained.send(lock("a@wait.org"), #"{"event":"first"}"#)
        maintained.close()
        let letters = try blocked.rig.letters()
        #expect(letters.map(\.original) == [Array(#"{"event":"first"}"#.utf8)])
        #expect(letters[0].reason.contains("MAINTAIN, says the rule at \(blocked.file):3:"))
    }

    @Test func aClientThatNumbersItsFramesKeepsWhatItIsToMaintain() throws {
        let blocked = try Blocked(Self.rules)
        let client = try blocked.rig.connect("client=c&ack=1")
        // The lock is frame 1.
        client.send(lock("a@wait.org"), #"{"event":"save"}"#)
        let replies = try client.replies()
        #expect(!replies.contains(JSON(#"{"status":"ack","seq":2}"#)))
        #expect(try blocked.rig.letters().isEmpty)
        #expect(try blocked.change("incoming_events { blacklist_event_action: TRANSMIT; }"))
        let again = try blocked.rig.connect("client=c&ack=1&seq=1")
        again.send(lock("a@wait.org"), #"{"event":"save"}"#)
        #expect(try blocked.rig.events().count == 1)
    }

    @Test func rulesThatChangeHoldForOpenConnections() throws {
        let blocked = try Blocked("")
        let client = try blocked.rig.connect()
        client.send(lock("a@x.org"), #"{"event":"save"}"#)
        #expect(try !blocked.rig.service.blockList!.reload())
        #expect(try blocked.change("incoming_events[domain=x.org] { blacklist_event_action: DROP; }"))
        client.send(#"{"event":"save"}"#)
        #expect(try client.answers().last == .close(1000, ""))
        #expect(try blocked.rig.events().count == 1)
    }

    @Test(arguments: [
        ("incoming_events { blacklist_event_action: BLOCK; }", "TRANSMIT, MAINTAIN or DROP, found “BLOCK”"),
        ("incoming_events { blacklist_time_limit: true; }", "PERMANENT, MINUTES, DAYS or milliseconds, found “true”"),
        ("incoming_events { blacklist_time_limit: -1; }", "found “-1”"),
        ("incoming_events {", "found the end of the file"),
    ])
    func wrongRulesLeaveThoseBefore(rules: String, reason: String) throws {
        let blocked = try Blocked(Self.rules)
        let error = #expect(throws: RuleError.self) { try blocked.change(rules) }
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
        #expect(try !blocked.rig.service.blockList!.reload())
        let client = try blocked.rig.connect()
        client.send(lock("a@drop.org"), #"{"event":"save"}"#)
        #expect(try client.answers().last == .close(1000, ""))
    }

    @Test func theStrictestDomainCounts() throws {
        let blocked = try Blocked(Self.rules) { $0.domainFields = ["chrome_identity.email", "school"] }
        let client = try blocked.rig.connect()
        client.send(lock("a@wait.org"), #"{"event":"save","school":"drop.org"}"#)
        #expect(try client.replies().contains { $0["action"].text == "DROP" })
    }

    @Test func theActorsDomainCountsToo() throws {
        let blocked = try Blocked(Self.rules)
        let client = try blocked.rig.connect()
        client.send(#"{"event":"save","user_id":"ada@drop.org"}"#)
        #expect(try client.answers().last == .close(1000, ""))
    }

    @Test func aRequestGoesOnBehindWhatIsBlocked() async throws {
        let blocked = try Blocked(Self.rules) { $0.trust = .loopback }
        let lines = ["ada@drop.org", "bob@wait.org", "eve@school.org"].map { #"{"event":"save","user_id":"\#($0)"}"# }
        let answer = await blocked.rig.service.answer(
            EventRequest(peer: IngestPeer(ip: "127.0.0.1"), body: Array(lines.joined(separator: "\n").utf8)))
        #expect(answer.status == 200 && answer.body.contains("\"accepted\":1"), "\(answer.body)")
        #expect(answer.body.contains(#"{"index":0,"reason":"events of this domain are not taken: DROP"#))
        #expect(try blocked.rig.events().map(\.actor) == ["eve@school.org"])
        #expect(try blocked.rig.letters().map(\.original) == [Array(lines[1].utf8)])
    }

    @Test func whatNothingReadsIsSaid() throws {
        let blocked = try Blocked("incoming_events { blacklist_action: DROP; } other { x: 1; }")
        #expect(blocked.rig.service.blockList!.warnings.count == 1)
        #expect(blocked.rig.service.blockList!.warnings[0].contains("found blacklist_action, which nothing reads"))
    }
}
