import EventLog
import Foundation
import Ingest
import Testing

/// The methods of Learning Observer.
@Suite struct AuthenticationTests {
    /// The safe id and how much it is worth, of the actor of one event.
    private func identity(
        _ event: String, _ methods: [AuthenticationMethod], known: [String]? = nil, takesOthers: Bool = true
    ) throws -> [String?] {
        let file = FileManager.default.temporaryDirectory.path + "/users-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: file) }
        if let known { try known.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8) }
        let rig = try Rig {
            $0.authentication = methods
            $0.usersFile = known == nil ? "" : file
            $0.takesOtherUsers = takesOthers
        }
        let client = try rig.connect()
        client.send(event)
        client.close()
        guard let event = try rig.events().first else { return [] }
        return [event.actor, event.session["auth"]["sec"].text, event.session["auth"]["providence"].text]
    }

    @Test(arguments: [
        (
            #"{"event":"a","user_tag":"t 1"}"#, AuthenticationMethod.localStorage,
            ["ls-ls-t+1", "unauthenticated", "ls"]
        ),
        (#"{"event":"a","hash":"ab/c"}"#, .hashIdentify, ["mch-hi-ab%2Fc", "unauthenticated", "mch"]),
        (#"{"event":"a","chrome_identity":{"id":"123"}}"#, .chromebook, ["gcu-gc-123", "unauthenticated", "gcu"]),
        (#"{"event":"a","chrome_identity":{"id":123}}"#, .chromebook, ["gcu-gc-123", "unauthenticated", "gcu"]),
        (#"{"event":"a","user_id":"u"}"#, .testcase, ["tc-testcase-u", "unauthenticated", "tc"]),
        (#"{"event":"a"}"#, .localStorage, []), (#"{"event":"a","user_tag":""}"#, .localStorage, []),
        (#"{"event":"a","user_tag":7}"#, .localStorage, []), (#"{"event":"a","hash":null}"#, .hashIdentify, []),
        (#"{"event":"a","chrome_identity":{"id":"gc-1"}}"#, .chromebook, []),
        (#"{"event":"a","chrome_identity":7}"#, .chromebook, []),
    ])
    func eachMethodFindsItsOwnField(event: String, method: AuthenticationMethod, expected: [String]) throws {
        #expect(try identity(event, [method]) == expected)
    }

    @Test func theFirstMethodThatFindsSomethingCounts() throws {
        let event = #"{"event":"a","user_tag":"t","hash":"h"}"#
        #expect(try identity(event, [.hashIdentify, .localStorage])[0] == "mch-hi-h")
        #expect(try identity(event, [.chromebook, .localStorage, .hashIdentify])[0] == "ls-ls-t")
    }

    @Test func aListedTagIsAuthenticated() throws {
        let known = ["# class 5b", "", "  ada", "bob"]
        let event = #"{"event":"a","user_tag":"ada"}"#
        #expect(try identity(event, [.localStorage], known: known) == ["ls-ls-ada", "authenticated", "ls"])
        let other = #"{"event":"a","user_tag":"eve"}"#
        #expect(try identity(other, [.localStorage], known: known) == ["ls-ls-eve", "unauthenticated", "ls"])
        #expect(try identity(other, [.localStorage], known: known, takesOthers: false) == [])
        // A comment is nobody's tag.
        let comment = ##"{"event":"a","user_tag":"# class 5b"}"##
        #expect(try identity(comment, [.localStorage], known: known, takesOthers: false) == [])
    }

    /// Learning Observer gives both the same safe id, so that who says a number is who is known by it.
    @Test func aChromebookIsAsSureAsItsTag() throws {
        let event = #"{"event":"a","chrome_identity":{"id":"9"},"user_tag":"ada"}"#
        #expect(try identity(event, [.chromebook, .localStorage], known: ["ada"]) == ["gc-9", "authenticated", "gcu"])
        #expect(
            try identity(event, [.chromebook, .localStorage], known: ["bob"])
                == ["gcu-gc-9", "unauthenticated", "gcu"])
    }

    @Test func lockedFieldsAuthenticateAsWell() throws {
        let rig = try Rig { $0.authentication = [.chromebook] }
        let client = try rig.connect()
        client.send(
            #"{"event":"lock_fields","fields":{"chrome_identity":{"id":"5","email":"a@b.org"}}}"#, #"{"event":"a"}"#)
        #expect(try rig.events().map(\.actor) == ["gcu-gc-5"])
    }
}
