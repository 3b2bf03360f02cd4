import Foundation
import Ingest
import Testing
import Web

/// Who sent a request, where there are proxies in front of the host.
@Suite struct ProxyTests {
    /// The address in the session's record of an event, sent with these headers.
    private func address(
        proxies: [String], by header: String = "x-forwarded-for", _ headers: [String: String]
    ) async throws -> String? {
        try await TestServer.run {
            $0.proxies = try! #require(ProxyList.list(proxies, header))
        } _: { server in
            let answer = try await server.request(
                "POST", "/api/v1/events", headers: headers, body: #"{"event":"a","user_id":"u1"}"#)
            #expect(answer.status == 200)
            return try server.addresses().last
        }
    }

    @Test func withoutProxiesHeadersSayNothing() async throws {
        let headers = ["X-Forwarded-For": "203.0.113.5", "X-Real-IP": "203.0.113.5", "Forwarded": "for=203.0.113.5"]
        #expect(try await address(proxies: [], headers) == "127.0.0.1")
    }

    @Test(arguments: [
        ("203.0.113.5", "203.0.113.5"),
        // The client says that it is another one; the proxy says who it is.
        ("198.51.100.1, 203.0.113.5", "203.0.113.5"), ("203.0.113.5, 10.1.2.3", "203.0.113.5"),
        ("203.0.113.5,10.1.2.3 , 10.200.0.1", "203.0.113.5"), ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"), ("203.0.113.5:80", "203.0.113.5"), ("10.1.2.3", "10.1.2.3"),
        ("unknown", "127.0.0.1"), ("203.0.113.5, unknown, 10.1.2.3", "10.1.2.3"), ("", "127.0.0.1"),
    ])
    func theFirstThatIsNoProxyIsTheSender(value: String, expected: String) async throws {
        let found = try await address(proxies: ["127.0.0.1", "10.0.0.0/8"], ["X-Forwarded-For": value])
        #expect(found == expected)
    }

    @Test func onlyTheHeaderThatTheProxiesSetCounts() async throws {
        let headers = ["X-Forwarded-For": "203.0.113.5", "Forwarded": "for=\"[2001:db8::9]:1\";proto=https"]
        #expect(try await address(proxies: ["127.0.0.1"], headers) == "203.0.113.5")
        #expect(try await address(proxies: ["127.0.0.1"], by: "forwarded", headers) == "2001:db8::9")
        #expect(try await address(proxies: ["127.0.0.1"], by: "x-real-ip", headers) == "127.0.0.1")
    }

    @Test(arguments: [("10.0.0.0/8", true), ("10.0.0.0/33", false), ("10.0.0", false), ("::1/128", true), ("x", false)])
    func whatIsNoNetworkIsRefused(text: String, isOne: Bool) {
        #expect((ProxyList.list([text], "x-forwarded-for") != nil) == isOne)
    }

    @Test func aUserWhosePasswordAProxyHasCheckedIsThatUser() async throws {
        let basic = "Basic " + Data("ada b:secret:word".utf8).base64EncodedString()
        let body = #"{"event":"a","user_id":"mallory"}"#
        for isByProxy in [true, false] {
            let actors = try await TestServer.run {
                if isByProxy { $0.proxies = try! #require(ProxyList.list(["127.0.0.0/8"], "x-forwarded-for")) }
            } ingest: {
                $0.authentication = [.httpBasic, .testcase]
            } _: { server in
                _ = try await server.request(
                    "POST", "/api/v1/events", headers: ["Authorization": basic, "X-Forwarded-For": "203.0.113.5"],
                    body: body)
                return try server.actors()
            }
            #expect(actors == [isByProxy ? "nginx-ada+b" : "tc-testcase-mallory"])
        }
    }

    /// Behind a proxy nobody is on this machine.
    @Test func whoComesThroughAProxyIsNotTrusted() async throws {
        let actors = try await TestServer.run {
            $0.proxies = try! #require(ProxyList.list(["127.0.0.1"], "x-forwarded-for"))
        } ingest: {
            $0.trust = .loopback
        } _: { server in
            _ = try await server.request(
                "POST", "/api/v1/events", headers: ["X-Forwarded-For": "127.0.0.1"],
                body: #"{"event":"a","user_id":"ada"}"#)
            return try server.actors()
        }
        #expect(actors == ["tc-testcase-ada"])
    }
}
