import EventLog
import Foundation
import Ingest
import JWTKit
import Records
import Testing

/// JSON Web Tokens.
@Suite struct TokenTests {
    struct Claims: JWTPayload {
        var iss: String? = "https://school.example"
        var aud: [String]? = ["other", "lectern"]
        var sub: String? = "ada"
        var exp: Double?
        var nbf: Double?
        func verify(using algorithm: some JWTAlgorithm) {}
    }

    static let now = Double(Rig.start) / 1_000_000

    /// An issuer with a key set in a file.
    final class Issuer {
        let keys = JWTKeyCollection()
        let file = FileManager.default.temporaryDirectory.path + "/keys-\(UUID().uuidString).json"
        private var published: [String] = []

        /// The set as it was published last.
        var keySet: String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }

        deinit { try? FileManager.default.removeItem(atPath: file) }

        /// Makes a key and publishes it, beside those before.
        func add(_ id: String) async throws {
            let key = EdDSA.PrivateKey.self
            let made = try key.init(curve: .ed25519)
            await keys.add(eddsa: made, kid: JWKIdentifier(string: id))
            let x = made.publicKey.rawRepresentation.base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            published.append(#"{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"\#(id)","x":"\#(x)"}"#)
            try publish(published)
        }

        func publish(_ keys: [String]) throws {
            // Key sets hold what not everybody knows.
            let strange = #"{"kty":"oct","k":"c2VjcmV0","kid":"shared"},{"kty":"new","kid":"x"}"#
            try "{\"keys\":[\(([strange] + keys).joined(separator: ","))]}"
                .write(toFile: file, atomically: true, encoding: .utf8)
        }

        func sign(_ claims: Claims, _ id: String = "k1") async throws -> String {
            try await keys.sign(claims, kid: JWKIdentifier(string: id))
        }
    }

    private func rig(_ issuer: Issuer, _ methods: [AuthenticationMethod] = [.jwt, .testcase]) throws -> Rig {
        try Rig {
            $0.authentication = methods
            $0.token.keys = issuer.file
            $0.token.issuer = "https://school.example"
            $0.token.audience = "lectern"
        }
    }

    private func credentials(_ token: String) -> Credentials {
        var credentials = Credentials()
        credentials.token = token
        return credentials
    }

    private func refusal(_ token: String, _ issuer: Issuer) async throws -> String {
        let rig = try rig(issuer)
        let client = try rig.connect(credentials: credentials(token))
        client.send(#"{"event":"a","user_id":"mallory"}"#)
        try await client.work()
        let replies = try client.replies()
        #expect(try rig.events().isEmpty)
        #expect(replies.last == JSON(#"{"close":1008}"#))
        return replies.compactMap { $0["reason"].text }.joined(separator: "; ")
    }

    @Test func theHolderIsWhoTheTokenNames() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        let client = try rig.connect(
            credentials: credentials(try await issuer.sign(Claims(exp: Self.now + 60))))
        // What comes while the token is verified waits, and can't say otherwise.
        client.send(#"{"event":"a","user_id":"mallory","auth":{"user_id":"root"}}"#)
        #expect(try rig.events().isEmpty)
        try await client.work()
        client.send(#"{"event":"b"}"#)
        #expect(try client.replies().last == JSON(#"{"status":"auth","user_id":"ada"}"#))
        let events = try rig.events()
        #expect(events.map(\.type) == ["a", "b"])
        #expect(events.allSatisfy { $0.actor == "jwt-ada" && $0.assertion == .authentication })
        #expect(
            events[0].session["auth"]
                == JSON(#"{"sec":"authenticated","user_id":"ada","safe_user_id":"jwt-ada","providence":"jwt"}"#))
    }

    @Test func aBrowserMayLockItsTokenWhichIsNotStored() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        let client = try rig.connect()
        let token = try await issuer.sign(Claims(exp: Self.now + 60))
        client.send(#"{"event":"lock_fields","fields":{"source":"org.x","token":"\#(token)"}}"#, #"{"event":"a"}"#)
        try await client.work()
        let event = try #require(try rig.events().first)
        #expect(event.actor == "jwt-ada")
        #expect(event.session["locked"] == JSON(#"{"source":"org.x"}"#))
    }

    /// Whatever a client says, and however it is quoted, no method that proves nothing gives an id of one that does.
    @Test(arguments: AuthenticationMethod.allCases.filter { !$0.isProven })
    func nobodyWhoOnlySaysWhoHeIsIsTheHolderOfAToken(method: AuthenticationMethod) throws {
        let rig = try Rig { $0.authentication = [method] }
        for said in ["jwt-ada", "ada", "-ada", "/../jwt-ada", "nginx-ada", "gc-1"] {
            let client = try rig.connect()
            client.send(
                #"{"event":"a","user_id":"\#(said)","user_tag":"\#(said)","hash":"\#(said)","chrome_identity":{"id":1}}"#
            )
        }
        let actors = try rig.events().map(\.actor)
        #expect(actors.count == 6)
        #expect(actors.allSatisfy { !$0.hasPrefix("jwt-") && !$0.hasPrefix("nginx-") && !$0.hasPrefix("gc-") })
    }

    @Test(arguments: [
        (Claims(exp: Self.now - 31), "has expired, 31 s ago"),
        (Claims(), "never expires"),
        (Claims(exp: Self.now + 60, nbf: Self.now + 31), "begins in 31 s (\"nbf\")"),
        (Claims(iss: "https://evil.example", exp: Self.now + 60), "its issuer is https://evil.example"),
        (Claims(iss: nil, exp: Self.now + 60), "its issuer is missing"),
        (Claims(aud: ["other"], exp: Self.now + 60), "it is for other, expected lectern"),
        (Claims(aud: nil, exp: Self.now + 60), "it is for nobody"),
        (Claims(sub: nil, exp: Self.now + 60), "\"sub\" names no user"),
        (Claims(sub: "", exp: Self.now + 60), "\"sub\" names no user"),
        (Claims(sub: String(repeating: "x", count: 2_000), exp: Self.now + 60), "has 2000 bytes, at most 1024"),
    ])
    func aTokenThatSaysTheWrongThingIsRefused(claims: Claims, reason: String) async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let told = try await refusal(try await issuer.sign(claims), issuer)
        #expect(told.contains(reason), "\(told)")
    }

    @Test func clocksMayDifferALittle() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        for claims in [Claims(exp: Self.now - 29), Claims(exp: Self.now + 60, nbf: Self.now + 29)] {
            let client = try rig.connect(credentials: credentials(try await issuer.sign(claims)))
            try await client.work()
            #expect(try client.replies().last?["status"].text == "auth")
        }
    }

    private func encoded(_ text: String) -> String {
        Data(text.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    @Test(arguments: [
        (#"{"alg":"none","kid":"k1"}"#, "its algorithm is none"),
        (#"{"alg":"None","kid":"k1"}"#, "its algorithm is None"),
        (#"{"kid":"k1"}"#, "its algorithm is missing"),
        (#"{"alg":"HS256","kid":"k1"}"#, "its algorithm is HS256"),
        (#"{"alg":"HS256","kid":"shared"}"#, "its algorithm is HS256"),
        (#"{"alg":"RS512","kid":"k1"}"#, "its algorithm is RS512"),
        (#"{"alg":"RS256","kid":"k1"}"#, "its algorithm is RS256, which is not that of its key"),
        (#"{"alg":"ES256","kid":"k1"}"#, "its algorithm is ES256, which is not that of its key"),
        (#"{"alg":"EdDSA","kid":"k9"}"#, "the issuer has no key \"k9\""),
        (#"{"alg":"EdDSA","kid":"k1","crit":["x"]}"#, "asks for an extension"),
        (#"{"alg":"EdDSA","kid":"k1"}"#, "its signature is not that of its key"), ("7", "no JSON Web Token"),
    ])
    func aForgedTokenIsRefused(header: String, reason: String) async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let claims = try await issuer.sign(Claims(exp: Self.now + 60)).split(separator: ".")[1]
        for signature in ["", String(repeating: "A", count: 86)] {
            let told = try await refusal("\(encoded(header)).\(claims).\(signature)", issuer)
            #expect(told.contains(reason), "\(told)")
        }
    }

    @Test func aTokenOfAnotherKeyOfThatNameIsRefused() async throws {
        let (issuer, forger) = (Issuer(), Issuer())
        try await issuer.add("k1")
        try await forger.add("k1")
        let told = try await refusal(try await forger.sign(Claims(exp: Self.now + 60)), issuer)
        #expect(told.contains("its signature is not that of its key"), "\(told)")
    }

    @Test(arguments: ["", "x", "a.b", "a.b.c.d", "....", String(repeating: "a", count: 20_000)])
    func whatIsNoTokenIsRefused(token: String) async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let told = try await refusal(token, issuer)
        #expect(
            told.contains(token.count > 16_384 ? "it has 20000 bytes, at most 16384" : "no JSON Web Token"), "\(told)")
    }

    @Test func theIssuerMayChangeItsKeysAtAnyTime() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        for id in ["k1", "k2", "k1"] {
            if id == "k2" { try await issuer.add("k2") }
            let token = try await issuer.sign(Claims(exp: Self.now + 60), id)
            let client = try rig.connect(credentials: credentials(token))
            try await client.work()
            #expect(try client.replies().last?["status"].text == "auth", "\(id)")
        }
    }

    @Test func aKeyThatTheIssuerHasTakenBackCountsNoMore() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        try await issuer.add("k2")
        let rig = try rig(issuer)
        let token = try await issuer.sign(Claims(exp: Self.now + 10_000), "k1")
        let before = try rig.connect(credentials: credentials(token))
        try await before.work()
        #expect(try before.replies().last?["status"].text == "auth")
        try issuer.publish([])
        try await issuer.add("k3")
        try issuer.publish([try #require(try published(issuer).last)])
        rig.advance(microseconds: 400_000_000)
        let after = try rig.connect(credentials: credentials(token))
        try await after.work()
        #expect(try after.errors().first?.contains("no key \"k1\"") == true)
    }

    private func published(_ issuer: Issuer) throws -> [String] {
        let text = try String(contentsOfFile: issuer.file, encoding: .utf8)
        return text.split(separator: "{").filter { $0.contains("OKP") }.map { "{" + $0.prefix { $0 != "}" } + "}" }
    }

    @Test func withoutItsKeysNobodyComesInAndTheyAreReadAsSoonAsTheyAreThere() async throws {
        let issuer = Issuer()
        let rig = try rig(issuer)
        let trouble = await rig.service.tokens?.prepare()
        #expect(trouble?.contains("the keys of tokens can't be had: there is no such file") == true)
        try await issuer.add("k1")
        let client = try rig.connect(credentials: credentials(try await issuer.sign(Claims(exp: Self.now + 60))))
        try await client.work()
        #expect(try client.replies().last?["status"].text == "auth")
    }

    @Test func anotherUsersTokenDoesNotChangeAConnection() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        let client = try rig.connect(credentials: credentials(try await issuer.sign(Claims(exp: Self.now + 60))))
        client.send(#"{"event":"a"}"#)
        try await client.work()
        _ = try client.answers()
        let other = try await issuer.sign(Claims(sub: "bob", exp: Self.now + 60))
        client.send(#"{"event":"lock_fields","fields":{"token":"\#(other)"}}"#)
        try await client.work()
        #expect(
            try client.errors() == [
                "the token is refused: this connection is somebody else's already; open another one"
            ])
        client.send(#"{"event":"b"}"#)
        #expect(try rig.events().map(\.actor) == ["jwt-ada", "jwt-ada"])
    }

    @Test func aRequestShowsItsTokenToo() async throws {
        let issuer = Issuer()
        try await issuer.add("k1")
        let rig = try rig(issuer)
        var request = EventRequest(
            peer: IngestPeer(ip: "203.0.113.9"), body: Array(#"{"event":"a","user_id":"mallory"}"#.utf8))
        request.credentials = credentials(try await issuer.sign(Claims(exp: Self.now + 60)))
        #expect(await rig.service.answer(request).status == 200)
        #expect(try rig.events().map(\.actor) == ["jwt-ada"])
        request.credentials = credentials(try await issuer.sign(Claims(exp: Self.now - 60)))
        let answer = await rig.service.answer(request)
        #expect(answer.status == 401 && answer.body.contains("has expired"))
        #expect(try rig.events().count == 1 && rig.letters().isEmpty)
    }

    @Test func whoMustProveWhoHeIsCantJustSayIt() throws {
        let rig = try Rig { $0.authentication = [.testcase, .guest] }
        var credentials = Credentials()
        credentials.mayAssert = false
        let client = try rig.connect(credentials: credentials)
        client.send(#"{"event":"a","user_id":"u1"}"#)
        #expect(try client.answers().isEmpty)
        #expect(try rig.events().isEmpty)
    }
}
