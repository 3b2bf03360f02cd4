import Foundation
import Settings
import Testing
import Web

struct AccessTests {
    private func temporary() -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lectern-\(UUID().uuidString)")
        try! FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path + "/tokens"
    }

    @Test func theFirstStartWritesTokens() throws {
        let path = temporary()
        let tokens = try AccessTokens.open(path)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == Role.allCases.count)
        for line in lines {
            let parts = line.split(separator: " ")
            #expect(tokens.roles(of: parts[1].utf8) == [try #require(Role(rawValue: String(parts[0])))])
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try AccessTokens.open(path).roles(of: lines[0].split(separator: " ")[1].utf8).count == 1)
        #expect(tokens.roles(of: "".utf8).isEmpty)
        #expect(tokens.roles(of: "wrong".utf8).isEmpty)
    }

    @Test func aFileThatOthersCanReadIsRefused() throws {
        let path = temporary()
        _ = try AccessTokens.open(path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect { try AccessTokens.open(path) } throws: { "\($0)".contains("chmod 600") }
    }

    @Test func mistakesNameTheLine() {
        #expect { try AccessTokens("# fine\nviewr 0123456789abcdef\n", path: "tokens") } throws: {
            "\($0)".hasPrefix("tokens:2: expected a role (viewer")
        }
        #expect { try AccessTokens("viewer short\n", path: "tokens") } throws: { "\($0)".contains("16 bytes") }
    }

    @Test func whoMayDoWhat() throws {
        let tokens = try AccessTokens("operator operator-operator\nviewer viewer-viewer-viewer\n", path: "t")
        let open = AccessPolicy(.none, tokens)
        #expect(open.roles(token: nil) == [.viewer, .publisher, .metrics])
        #expect(open.roles(token: "operator-operator").contains(.operator))
        let closed = AccessPolicy(.tokens, tokens)
        #expect(closed.roles(token: nil).isEmpty)
        #expect(closed.roles(token: "wrong").isEmpty)
        #expect(closed.roles(token: "viewer-viewer-viewer") == [.viewer])
    }

    @Test func tokensComeInThreeWays() {
        #expect(AccessPolicy.token(authorization: "bearer a", cookie: "lectern-token=b", query: "c") == "a")
        #expect(AccessPolicy.token(authorization: "Basic a", cookie: "x=y; lectern-token=b", query: nil) == "b")
        #expect(AccessPolicy.token(authorization: nil, cookie: "lectern-token=b", query: "c") == "c")
        #expect(AccessPolicy.token(authorization: nil, cookie: "other=b") == nil)
    }

    @Test func aPublicAddressNeedsAuthentication() throws {
        func read(_ yaml: String) throws -> WebConfiguration {
            try Settings(yaml: yaml, file: "lectern.yaml").validate { WebConfiguration($0.section("web")) }
        }
        #expect(try read("web: {listen: '127.0.0.1:0'}").listen == ListenAddress(host: "127.0.0.1", port: 0))
        #expect(try read("web: {listen: '0.0.0.0:3001', authentication: tokens}").authentication == .tokens)
        #expect { try read("web:\n  listen: 0.0.0.0:3001\n") } throws: {
            "\($0)".contains("lectern.yaml:2, web.listen") && "\($0)".contains("authentication: tokens")
        }
        #expect { try read("web:\n  listen: here\n  idl: 5s\n") } throws: {
            "\($0)".contains("HOST:PORT") && "\($0)".contains("idle")
        }
    }

    @Test(arguments: [
        ("127.0.0.1:3001", true), ("localhost:0", true), ("[::1]:80", true), ("127.9.9.9:1", true),
        ("0.0.0.0:3001", false), ("[::]:3001", false), ("192.168.1.2:3001", false), ("127.evil.example:3001", false),
    ])
    func loopbackIsKnown(_ text: String, _ isLoopback: Bool) {
        #expect(ListenAddress(text)?.isLoopback == isLoopback)
        #expect(ListenAddress(text).map { "\($0)" } == text)
    }

    @Test(arguments: ["", "localhost", ":80", "host:70000", "::1:80", "host:-1"])
    func otherTextsAreNoAddress(_ text: String) {
        #expect(ListenAddress(text) == nil)
    }
}
