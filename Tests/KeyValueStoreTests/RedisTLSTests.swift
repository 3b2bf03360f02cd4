import Foundation
import KeyValueStore
import Records
import Testing

@Suite struct RedisTLSTests {
    /// An authority, and certificates of a server and a client by it.
    private func certificates(in folder: String) throws {
        func openssl(_ words: String) throws { try run("openssl", words.split(separator: " ").map(String.init)) }
        let f = folder
        try openssl(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout \(f)/ca.key -out \(f)/ca.pem -subj /CN=authority")
        try "subjectAltName=IP:127.0.0.1\n".write(toFile: f + "/names", atomically: true, encoding: .utf8)
        for name in ["server", "client"] {
            try openssl("req -newkey rsa:2048 -nodes -keyout \(f)/\(name).key -out \(f)/\(name).csr -subj /CN=\(name)")
            try openssl(
                "x509 -req -in \(f)/\(name).csr -CA \(f)/ca.pem -CAkey \(f)/ca.key -CAcreateserial -days 2 "
                    + "-out \(f)/\(name).pem -extfile \(f)/names")
        }
    }

    private func server(_ folder: String, clients: String) throws -> RedisServer {
        let tls = [
            "--tls-cert-file", folder + "/server.pem", "--tls-key-file", folder + "/server.key", "--tls-ca-cert-file",
            folder + "/ca.pem", "--tls-auth-clients", clients,
        ]
        while true {
            let port = RedisServer.freePort()
            // Another may take the port in between.
            if let server = try? RedisServer(in: "\(folder)/\(port)", .tlsPort(port), more: tls) { return server }
        }
    }

    @Test func aCertificateIsChecked() async throws {
        let folder = try Folder()
        try certificates(in: folder.path)
        let server = try server(folder.path, clients: "no")
        var configuration = server.configuration
        configuration.timeout = .seconds(30)
        configuration.tls = .init()
        let unknown = #expect(throws: StoreError.self) { try RedisStore(configuration) }
        #expect(unknown?.description.contains("certificate") == true)
        configuration.tls?.verifies = false
        try await RedisStore(configuration).set("k", "1")
        configuration.tls = .init()
        configuration.tls?.ca = folder.path + "/ca.pem"
        let store = try RedisStore(configuration)
        #expect(try await store.get("k") == "1")
        // More than a record of TLS holds.
        let value = "\"" + String(repeating: "x", count: 3_000_000) + "\""
        try await store.multiSet((0..<4).map { StoreEntry(key: "\($0)", value: value) })
        #expect(try await store.multiGet((0..<4).map(String.init)) == [value, value, value, value])
        try store.commit([checkpoint(blocks: [block("attempts", [([.text("s")], cbor(1))])])])
        #expect(try store.plugins().count == 1)
        // The certificate says 127.0.0.1 and nothing else.
        configuration.place = .server(.tcp(host: "localhost", port: server.port))
        #expect(throws: StoreError.self) { try RedisStore(configuration) }
        configuration.tls?.ca = folder.path + "/nothing"
        let missing = #expect(throws: StoreError.self) { try RedisStore(configuration) }
        #expect(missing?.description.contains("tls.ca") == true)
    }

    @Test func aServerMayAskForACertificate() async throws {
        let folder = try Folder()
        try certificates(in: folder.path)
        let server = try server(folder.path, clients: "optional")
        var configuration = server.configuration
        configuration.tls = .init()
        configuration.tls?.ca = folder.path + "/ca.pem"
        configuration.tls?.certificate = folder.path + "/client.pem"
        configuration.tls?.key = folder.path + "/client.key"
        try await RedisStore(configuration).set("k", "1")
        #expect(try server.client("info", "clients").contains("connected_clients"))
        configuration.tls?.key = folder.path + "/server.key"
        let error = #expect(throws: StoreError.self) { try RedisStore(configuration) }
        #expect(error?.description.contains("tls.key") == true)
    }
}
