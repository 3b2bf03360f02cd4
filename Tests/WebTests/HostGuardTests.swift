import Testing
import Web

struct HostGuardTests {
    private let hosts = HostGuard(hosts: ["lectern.school.example"], origins: ["chrome-extension://abc"])

    private func code(_ claims: HostGuard.Claims, isPublishing: Bool = false) -> String? {
        hosts.refusal(of: claims, isPublishing: isPublishing)?.code
    }

    @Test(arguments: [
        "localhost", "localhost:3001", "127.0.0.1:3001", "[::1]:3001", "192.168.1.4", "Lectern.School.example:443",
    ])
    func knownHostsAreAnswered(_ host: String) {
        #expect(code(.init(host: host)) == nil)
    }

    @Test(arguments: [
        "evil.example:3001", "localhost.evil.example", "127.0.0.1.evil.example", "0x7f.1", "[::1", "127.1",
    ])
    func otherNamesAreNot(_ host: String) {
        #expect(code(.init(host: host)) != nil)
    }

    @Test func aRequestNamesItsHost() {
        #expect(code(.init(host: nil)) == "no-host")
        #expect(code(.init(host: "")) == "no-host")
        #expect(code(.init(host: ":3001")) == "no-host")
    }

    @Test func originsAreOurOwn() {
        #expect(code(.init(host: "localhost:3001", origin: "http://localhost:3001")) == nil)
        #expect(code(.init(host: "localhost:3001", origin: "http://localhost:9999")) == "wrong-origin")
        #expect(code(.init(host: "localhost:3001", origin: "https://evil.example")) == "wrong-origin")
        #expect(code(.init(host: "localhost:3001", origin: "null")) == "wrong-origin")
    }

    @Test func allowedOriginsMayPublishAndNothingElse() {
        let claims = HostGuard.Claims(host: "localhost:3001", origin: "chrome-extension://abc")
        #expect(code(claims, isPublishing: true) == nil)
        #expect(code(claims) == "wrong-origin")
    }

    @Test func otherSitesMayLinkHereOnly() {
        #expect(code(.init(host: "localhost", fetchSite: "cross-site", fetchMode: "no-cors")) == "cross-site")
        #expect(code(.init(host: "localhost", fetchSite: "cross-site", fetchMode: "navigate")) == nil)
        #expect(code(.init(host: "localhost", fetchSite: "same-origin", fetchMode: "cors")) == nil)
    }
}
