import Foundation
import Ingest
import JWTKit
import Testing

/// Keys of tokens that are fetched from their issuer.
@Suite struct KeyAddressTests {
    private typealias Claims = TokenTests.Claims

    private let issuer = TokenTests.Issuer()
    private let server: KeyServer

    init() throws { server = try KeyServer("") }

    private func rig() throws -> Rig {
        try Rig {
            $0.authentication = [.jwt]
            $0.token.keys = "http://127.0.0.1:\(server.port)/keys.json"
            $0.token.issuer = "https://school.example"
            $0.token.audience = "lectern"
            $0.token.keysBytes = 64 << 10
        }
    }

    /// Nil: the token counts.
    private func refusal(_ rig: Rig, _ id: String) async throws -> String? {
        let token = try await issuer.sign(Claims(exp: TokenTests.now + 1e6), id)
        let verdict = await rig.service.tokens?.verify(token)
        if case .failure(let refusal) = verdict { return refusal.description }
        return nil
    }

    @Test func areFetchedAgainWhenATokenNamesAnotherOne() async throws {
        defer { server.stop() }
        try await issuer.add("k1")
        server.give(issuer.keySet)
        let rig = try rig()
        #expect(try await refusal(rig, "k1") == nil)
        try await issuer.add("k2")
        server.give(issuer.keySet)
        // Not before the pause is over: whoever sends tokens must not make this host ask without end.
        #expect(try await refusal(rig, "k2")?.contains("no key \"k2\"") == true)
        #expect(server.requests == 1)
        rig.advance(microseconds: 10_000_000)
        #expect(try await refusal(rig, "k2") == nil)
        #expect(try await refusal(rig, "k1") == nil)
        #expect(server.requests == 2)
    }

    @Test func areFetchedOnceHoweverManyTokensAsk() async throws {
        defer { server.stop() }
        try await issuer.add("k1")
        server.give(issuer.keySet)
        let rig = try rig()
        let token = try await issuer.sign(Claims(exp: TokenTests.now + 1e6), "k1")
        let tokens = try #require(rig.service.tokens)
        let counted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask { if case .success = await tokens.verify(token) { true } else { false } }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(counted == 50)
        #expect(server.requests == 1)
    }

    @Test(arguments: [
        (500, ""), (200, "no keys"), (200, "{\"keys\":[]}"), (200, String(repeating: " ", count: 70_000)),
    ])
    func stayAsTheyWereWhileTheIssuerHasNoneToGive(status: Int, body: String) async throws {
        defer { server.stop() }
        try await issuer.add("k1")
        server.give(issuer.keySet)
        let rig = try rig()
        #expect(try await refusal(rig, "k1") == nil)
        server.give(body, status: status)
        rig.advance(microseconds: 400_000_000)
        #expect(try await refusal(rig, "k1") == nil)
        #expect(server.requests == 2)
    }

    @Test func aHostThatCantFetchThemSaysWhy() async throws {
        server.give("", status: 503)
        let rig = try rig()
        let trouble = await rig.service.tokens?.prepare()
        #expect(
            trouble?.hasSuffix("the keys of tokens can't be had: the answer has the status 503") == true,
            "\(trouble ?? "")")
        server.stop()
    }
}
