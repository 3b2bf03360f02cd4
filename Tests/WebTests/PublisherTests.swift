import Foundation
import Ingest
import Testing
import Web

/// Who may bring events, and whose they are.
@Suite struct PublisherTests {
    private static let event = #"{"event":"a","user_id":"ada"}"#

    @Test func aPublishersTokenVouchesForTheActors() async throws {
        try await TestServer.run {
            $0.authentication = .tokens
        } _: { server in
            let token = try #require(server.tokens[.publisher])
            let answer = try await server.request(
                "POST", "/api/v1/events", headers: ["Authorization": "Bearer \(token)"], body: Self.event)
            #expect(answer.status == 200)
            #expect(try server.actors() == ["ada"])
        }
    }

    @Test func withoutATokenNobodyIsTrustedThoughEverybodyMayPublish() async throws {
        try await TestServer.run { server in
            let answer = try await server.request("POST", "/api/v1/events", body: Self.event)
            #expect(answer.status == 200)
            #expect(try server.actors() == ["tc-testcase-ada"])
        }
    }

    @Test(arguments: [Role.viewer, .metrics])
    func anotherRoleMayNotPublish(role: Role) async throws {
        try await TestServer.run {
            $0.authentication = .tokens
        } _: { server in
            let token = try #require(server.tokens[role])
            let headers = ["Authorization": "Bearer \(token)"]
            let answer = try await server.request("POST", "/api/v1/events", headers: headers, body: Self.event)
            #expect(answer.status == 403)
            let upgrade = try await server.upgrade(headers: headers)
            #expect(upgrade == 403)
        }
    }

    /// A token of another issuer is not this host's; without the method `jwt` it is nobody's.
    @Test func anUnknownTokenIsRefused() async throws {
        try await TestServer.run {
            $0.authentication = .tokens
        } _: { server in
            let headers = ["Authorization": "Bearer abcdefghijklmnop"]
            let answer = try await server.request("POST", "/api/v1/events", headers: headers, body: Self.event)
            #expect(answer.status == 401)
            let upgrade = try await server.upgrade(headers: headers)
            #expect(upgrade == 401)
        }
    }

    @Test func whereUsersProveWhoTheyAreTheyNeedNoTokenOfTheHosts() async throws {
        try await TestServer.run {
            $0.authentication = .tokens
        } ingest: {
            $0.authentication = [.jwt, .testcase]
            $0.token.keys = "/no/such/keys.json"
            $0.token.issuer = "i"
            $0.token.audience = "a"
        } _: { server in
            // They come in, and what they only say of themselves does not count.
            let answer = try await server.request("POST", "/api/v1/events", body: Self.event)
            #expect(answer.status == 400 && answer.body.contains("nothing says whose event this is"))
            #expect(try await server.upgrade() == 101)
            let forged = try await server.request(
                "POST", "/api/v1/events", headers: ["Authorization": "Bearer abc.def.ghi"], body: Self.event)
            #expect(forged.status == 401)
            #expect(forged.headers["www-authenticate"] == "Bearer")
            #expect(try server.actors() == [])
        }
    }
}
