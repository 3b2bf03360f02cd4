import Foundation
import Testing

extension IntegrationTests {
    /// The clients that are out there, against a host that they know nothing of.
    @Suite("Learning Observer's client")
    struct LearningObserverClientTests {
        private static var identity: [String: Any] { ["source": "org.mitros.writing_analytics", "user_id": "ada"] }

        /// The sources of a log's events of a type, as their sessions have them locked.
        private func sources(_ type: String, in data: String) throws -> [String?] {
            let lines = try run(Installation.lectern, ["log", "cat", "--all", "--data", data]).split(separator: "\n")
                .map { try JSONRow.object(String($0)) }
            var locked: [Int: [String: Any]] = [:]
            var sources: [String?] = []
            for line in lines {
                let session = line["session"] as? Int ?? 0
                if line["kind"] as? String == "session" {
                    locked[session] = (line["payload"] as? [String: Any])?["locked"] as? [String: Any]
                } else if line["type"] as? String == type {
                    sources.append(locked[session]?["source"] as? String)
                }
            }
            return sources
        }

        @Test("connects, is known, and its events are kept under what it has locked")
        func connects() throws {
            let folder = try TemporaryFolder()
            let host = try HostProcess(data: folder.path, settings: [])
            let client = LearningObserverClient(port: host.port)
            try client.lock(["source": "org.mitros.writing_analytics", "version": "1.0.2"])
            try client.lock(["user_id": "ada", "browserInfo": ["platform": "x"]])
            try client.log(["event": "google_docs_save", "doc_id": "d", "rev": 1])
            try client.connect()
            try client.receive("auth")
            #expect(client.userID == "testcase-ada")
            try client.log(["event": "keystroke"])
            // A client that is told nothing may have sent it to a host that no longer reads.
            #expect(try eventually { try sources("keystroke", in: folder.path).count == 1 })
            #expect(try host.stop() == .code(0))
            #expect(try sources("google_docs_save", in: folder.path) == ["org.mitros.writing_analytics"])
            #expect(try sources("keystroke", in: folder.path) == ["org.mitros.writing_analytics"])
        }

        /// What is queued during an outage comes before the lock of the new connection, and authenticates by itself.
        @Test("what it queued while the host was away is kept under the lock that follows")
        func reconnects() throws {
            let folder = try TemporaryFolder()
            let host = try HostProcess(data: folder.path, settings: [])
            let client = LearningObserverClient(port: host.port)
            try client.lock(Self.identity)
            try client.log(["event": "before"])
            try client.connect()
            try client.receive("auth")
            #expect(try eventually { try sources("before", in: folder.path).count == 1 })
            host.crash()
            client.disconnect()
            for _ in 0..<3 { try client.log(["event": "queued", "user_id": "ada"]) }
            try host.restart()
            try client.connect()
            try client.receive("auth")
            try client.log(["event": "after"])
            #expect(try eventually { try sources("after", in: folder.path).count == 1 })
            #expect(try host.stop() == .code(0))
            #expect(
                try sources("queued", in: folder.path) == Array(repeating: "org.mitros.writing_analytics", count: 3))
        }

        @Test("stores and gets its blobs, in another session too")
        func blobs() throws {
            let folder = try TemporaryFolder()
            let host = try HostProcess(data: folder.path, settings: [])
            for round in 0..<2 {
                let client = LearningObserverClient(port: host.port)
                try client.lock(Self.identity.merging(["activity": "essay"]) { $1 })
                try client.connect()
                let before = try client.fetchBlob()
                if round == 0 {
                    #expect(before is NSNull)
                    try client.saveBlob(["theme": "dark"])
                } else {
                    #expect((before as? [String: String]) == ["theme": "dark"])
                }
                client.disconnect()
                if round == 0 {
                    // Nothing tells the client that it is stored.
                    #expect(try eventually { try sources("save_blob", in: folder.path).count == 1 })
                    host.crash()
                    try host.restart()
                }
            }
            #expect(try host.stop() == .code(0))
        }

        @Test("leaves no blob behind when its user is erased")
        func erased() throws {
            let folder = try TemporaryFolder()
            let host = try HostProcess(data: folder.path, settings: [])
            for user in ["ada", "grace"] {
                let client = LearningObserverClient(port: host.port)
                try client.lock(["source": "s", "activity": "essay", "user_id": user])
                try client.connect()
                try client.saveBlob(["theme": "dark"])
                #expect(try client.fetchBlob() as? [String: String] == ["theme": "dark"])
            }
            #expect(try host.stop() == .code(0))
            func blobs() throws -> [Substring] {
                try run(Installation.lectern, ["kvs", "keys", "--data", folder.path]).split(separator: "\n")
                    .filter { $0.hasPrefix("Blob,") }
            }
            #expect(try blobs().count == 2)
            try run(Installation.lectern, ["erase", "--student", "ada", "--data", folder.path])
            #expect(try blobs() == ["Blob,activity:essay,actor:tc-testcase-grace,source:s"])
        }

        @Test("keeps its events while its domain is blocked, and brings them when the rules let it")
        func blocked() throws {
            let folder = try TemporaryFolder()
            let rules = folder.path + "/rules.pmss"
            func write(_ action: String) throws {
                try "incoming_events[domain=\"school.org\"] { blacklist_event_action: \(action); }"
                    .write(toFile: rules, atomically: true, encoding: .utf8)
            }
            try write("MAINTAIN")
            let host = try HostProcess(data: folder.path + "/data", settings: ["ingest.rules=\(rules)"])
            let client = LearningObserverClient(port: host.port)
            try client.lock(Self.identity.merging(["chrome_identity": ["email": "a@school.org"]]) { $1 })
            try client.connect()
            try client.log(["event": "first"])
            try client.receive("blocklist")
            #expect(client.maintainedFor == "MINUTES")
            for _ in 0..<2 { try client.log(["event": "kept"]) }
            #expect(client.queued == 2)

            try write("TRANSMIT")
            #expect(try eventually(seconds: 30) { host.complained.contains("the files have changed") })
            try client.comeBack()
            #expect(client.queued == 0)
            // The lock came behind what was queued, and says whose it is with the next event.
            try client.log(["event": "kept"])
            try client.receive("auth")
            #expect(try eventually { try sources("kept", in: folder.path + "/data").count == 3 })

            try write("DROP")
            #expect(
                try eventually(seconds: 30) {
                    host.complained.components(separatedBy: "the files have changed").count == 3
                })
            try client.log(["event": "last"])
            try client.receive("blocklist")
            #expect(client.isDropping)
            try client.log(["event": "dropped"])
            #expect(client.queued == 0)
            #expect(try host.stop() == .code(0))
        }
    }
}
