import Foundation
import Testing

extension IntegrationTests {
    @Suite("The archive of a host")
    struct ArchiveTests {
        private let folder: TemporaryFolder
        private var data: String { folder.path }
        private var archive: String { "\(data)/archive" }

        init() throws { folder = try TemporaryFolder() }

        /// The lines of each session's files in order, without the session's own.
        private func archived() throws -> [Int: [String]] {
            let paths = try FileManager.default.subpathsOfDirectory(atPath: archive).filter {
                $0.hasSuffix(".jsonl.zst")
            }
            var parts: [Int: [Int: [String]]] = [:]
            for path in paths {
                let lines = try run("zstd", ["-dcq", "\(archive)/\(path)"]).split(separator: "\n").map(String.init)
                let head = try JSONRow.object(lines[0])
                let session = try #require(head["session"] as? Int), part = try #require(head["part"] as? Int)
                #expect(path.hasSuffix("/session-\(session)-part-\(part).jsonl.zst"))
                parts[session, default: [:]][part] = Array(lines.dropFirst())
            }
            return parts.mapValues { parts in parts.sorted { $0.key < $1.key }.flatMap(\.value) }
        }

        /// The payloads of each session's events, as they lie in the log.
        private func logged() throws -> [Int: [String]] {
            var sessions: [Int: [String]] = [:]
            for line in try run(Installation.lectern, ["log", "cat", "--data", data]).split(separator: "\n") {
                guard let middle = line.range(of: ",\"payload\":"), line.hasPrefix("{\"kind\":\"event\"") else {
                    continue
                }
                let session = try JSONRow.object(String(line[..<middle.lowerBound]) + "}")["session"] as? Int ?? 0
                sessions[session, default: []].append(String(line[middle.upperBound...].dropLast()))
            }
            return sessions
        }

        @Test("killed again and again, it holds each event of the log once, session by session in their order")
        func crashes() throws {
            let group = try SimulatedClass(events: 30_000)
            let settings = [
                "ingest.trust=loopback", "archive.enabled=true", "archive.interval=30ms", "archive.part=40KiB",
                "archive.open=2", "log.segment=1MiB",
            ]
            let host = try HostProcess(data: data, settings: settings)
            let replay = try Replaying(
                [group.file], to: host, ["--connections", "4", "--rate", "15000", "--window", "256"])
            var generator = SeededGenerator(seed: 11)
            for point in generator.points(10, in: 600..<27_000, gap: 700) {
                try replay.waitForAcknowledgement(of: point)
                usleep(UInt32.random(in: 0..<60_000, using: &generator))
                host.crash()
                try host.restart()
            }
            #expect(try replay.finish().acknowledged == 30_000)
            #expect(try host.stop() == .code(0))
            let expected = try logged()
            let found = try archived()
            #expect(expected.values.reduce(0) { $0 + $1.count } == 30_000)
            #expect(found == expected)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(archive)/open") == [])
        }

        @Test(
            "a file is open while its session lasts, and compressed when it has ended; its name tells nothing of the student"
        )
        func sessionEnds() throws {
            let host = try HostProcess(
                data: data, settings: ["archive.enabled=true", "archive.interval=20ms"])
            let socket = try WebSocketClient(port: host.port, path: "/wsapi/in/")
            try socket.send([
                #"{"event":"lock_fields","fields":{"source":"org.x","user_id":"ada-lovelace"}}"#,
                #"{"event":"first","n":1}"#,
            ])
            let open = "\(archive)/open/session-1-part-1.jsonl"
            #expect(try eventually { (try? lines(of: open).count) == 2 })
            let head = try JSONRow.object(lines(of: open)[0])
            let record = try #require(head["record"] as? [String: Any])
            #expect((record["locked"] as? [String: Any])?["source"] as? String == "org.x")
            #expect((record["auth"] as? [String: Any])?["user_id"] as? String == "testcase-ada-lovelace")
            #expect(try lines(of: open)[1] == #"{"event":"first","n":1}"#)
            try socket.sendClose()
            #expect(try eventually { !FileManager.default.fileExists(atPath: open) })
            #expect(try eventually { try archived() == [1: [#"{"event":"first","n":1}"#]] })
            #expect(try host.metric("lectern_archive_lines_total") == 1)
            let names = try FileManager.default.subpathsOfDirectory(atPath: archive)
            #expect(names.allSatisfy { !$0.contains("ada") })
            #expect(try host.stop() == .code(0))
        }
    }
}
