import Ingest
import Settings
import Testing

@Suite struct IngestSettingsTests {
    private func read(_ yaml: String) throws -> IngestConfiguration {
        try Settings(yaml: yaml, file: "lectern.yaml").validate { IngestConfiguration($0.section("ingest")) }
    }

    @Test func defaultsHold() throws {
        let configuration = try read("ingest:\n")
        #expect(configuration.trust == .none)
        #expect(configuration.authentication == [.testcase])
        #expect(configuration.actorFields == ["user_id", "username", "actor"])
        #expect(configuration.eventBytes == 4 << 20)
    }

    @Test func everythingCanBeSet() throws {
        let configuration = try read(
            """
            ingest:
              trust: loopback
              authentication: [guest, testcase]
              actor: student
              frame: 1MiB
              limits:
                name: 64
                locked: 4KiB
                connections: 5
                backlog: {events: 1, bytes: 2, total: 3}
                body: {bytes: 2KiB, events: 4}
            """)
        #expect(configuration.trust == .loopback)
        #expect(configuration.authentication == [.guest, .testcase])
        #expect(configuration.actorFields == ["student"])
        #expect(configuration.eventBytes == 1 << 20 && configuration.nameBytes == 64)
        #expect(configuration.lockedBytes == 4_096 && configuration.connections == 5)
        #expect(configuration.backlogEvents == 1 && configuration.backlogBytes == 2)
        #expect(configuration.backlogTotalBytes == 3)
        #expect(configuration.bodyBytes == 2_048 && configuration.bodyEvents == 4)
    }

    @Test func mistakesAreAllNamed() throws {
        do {
            _ = try read("ingest: {trust: all, authentication: [password], frame: 1}\n")
            Issue.record("no error")
        } catch {
            let message = "\(error)"
            for part in ["trust", "authentication", "\"password\"", "testcase, guest", "ingest.frame"] {
                #expect(message.contains(part), "\(message)")
            }
        }
    }
}
