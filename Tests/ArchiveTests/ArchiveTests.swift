import Archive
import EventLog
import Foundation
import Records
import Testing

@Suite("The archive")
struct ArchiveTests {
    private let rig: ArchiveRig

    init() throws { rig = try ArchiveRig() }

    @Test("holds each session's events as they arrived, behind a line that says whose they are")
    func verbatim() throws {
        let log = try rig.open()
        let archive = try rig.archive(log)
        let session = log.newSession()
        let record = #"{"locked":{"source":"org.x"},"server":{"ip":"203.0.113.9"},"auth":{"user_id":"u"}}"#
        let events = [#"{ "event" : "a", "x": 1.50 }"#, "{\"event\":\"é\\u00e9\"}"]
        try rig.append(log, session: session, record: record, events: events)
        log.closeSession(session)
        try log.flush()
        archive.stop()
        let files = try rig.folder.files()
        #expect(files.map(\.path) == ["2025-06-15/session-1-part-1.jsonl.zst"])
        let lines = try rig.lines(of: files[0])
        let id = log.identity.id.map { String(format: "%02x", $0) }.joined()
        #expect(
            lines[0]
                == #"{"session":1,"part":1,"log":"\#(id)","begun":"2025-06-15T15:06:40Z","record":\#(record)}"#)
        #expect(Array(lines.dropFirst()) == events)
        try log.close()
    }

    @Test("an event with line feeds between its tokens is one line")
    func lineFeeds() throws {
        let log = try rig.open()
        let archive = try rig.archive(log)
        try rig.append(log, session: log.newSession(), record: "{\n}", events: ["{\n\"event\":\r\n\"a\"}"])
        archive.stop()
        try rig.folder.close(level: 3)
        let lines = try rig.lines(of: try #require(rig.folder.files().first))
        #expect(lines.count == 2)
        #expect(lines[1] == "{ \"event\":\r \"a\"}")
        try log.close()
    }

    @Test("a session's file that is full is followed by its next part")
    func parts() throws {
        let log = try rig.open()
        let archive = try rig.archive(log) { $0.partBytes = 2_000 }
        let session = log.newSession()
        let events = (0..<200).map { #"{"event":"a","n":\#($0)}"# }
        try rig.append(log, session: session, record: "{}", events: events)
        archive.stop()
        try rig.folder.close(level: 3)
        let files = try rig.folder.files()
        #expect(files.count > 2)
        #expect(files.map(\.part) == Array(1...files.count))
        #expect(try files.flatMap { try rig.lines(of: $0).dropFirst() } == events)
        for file in files { #expect(try rig.lines(of: file)[0].contains(#""part":\#(file.part),"#)) }
        try log.close()
    }

    @Test("a session that goes on after its file was closed for being idle gets another part")
    func idle() throws {
        let log = try rig.open()
        let archive = try rig.archive(log) { $0.idle = .milliseconds(10) }
        let session = log.newSession()
        try rig.append(log, session: session, record: "{}", events: [#"{"event":"a"}"#])
        #expect(try eventually { try rig.folder.files().count == 1 })
        try rig.append(log, session: session, record: nil, events: [#"{"event":"b"}"#])
        #expect(try eventually { try rig.folder.files().count == 2 })
        archive.stop()
        let files = try rig.folder.files()
        #expect(try files.map { try rig.lines(of: $0)[1] } == [#"{"event":"a"}"#, #"{"event":"b"}"#])
        try log.close()
    }

    @Test("more sessions than files that may be open, each with all of its events")
    func manySessions() throws {
        let log = try rig.open { $0.segmentBytes = 20_000 }
        let archive = try rig.archive(log) {
            $0.openFiles = 3
            $0.bufferBytes = 1 << 16
        }
        let sessions = (0..<40).map { _ in log.newSession() }
        for session in sessions { try rig.append(log, session: session, record: "{}", events: []) }
        for round in 0..<30 {
            for session in sessions {
                try rig.append(log, session: session, record: nil, events: [#"{"s":\#(session),"n":\#(round)}"#])
            }
        }
        archive.stop()
        try rig.folder.close(level: 1)
        for session in sessions {
            let lines = try rig.folder.files().filter { $0.session == session }
                .flatMap { try rig.lines(of: $0).dropFirst() }
            #expect(lines == (0..<30).map { #"{"s":\#(session),"n":\#($0)}"# })
        }
        try log.close()
    }

    @Test("a session that is over in the log's next segment is closed while the archive catches up")
    func catchesUp() throws {
        let log = try rig.open { $0.segmentBytes = 5_000 }
        for _ in 0..<50 {
            let session = log.newSession()
            try rig.append(log, session: session, record: "{}", events: [#"{"s":\#(session)}"#])
            log.closeSession(session)
        }
        let archive = try rig.archive(log)
        archive.stop()
        #expect(try rig.folder.files().map(\.session) == (1...50).map { UInt32($0) })
        #expect(archive.failure == nil)
        #expect(archive.positions == log.nextPositions)
        try log.close()
    }

    @Test("the archive of another log is refused, and so is one whose place is lost")
    func refusals() throws {
        let log = try rig.open()
        try rig.append(log, session: log.newSession(), record: "{}", events: [#"{"event":"a"}"#])
        try rig.archive(log).stop()
        try rig.folder.close(level: 3)
        try log.close()
        let other = try EventLog.open(EventLogConfiguration(directory: "\(rig.path)/other"))
        #expect(throws: LogError.self) { try rig.archive(other) }
        try other.close()
        try FileManager.default.removeItem(atPath: "\(rig.path)/archive/place.json")
        let again = try rig.open()
        let refusal = #expect(throws: LogError.self) { try rig.archive(again) }
        #expect(refusal?.description.contains("missing, but there are files") == true)
        try again.close()
    }

    @Test("files are deleted when their last event is past the age of their source")
    func retention() throws {
        let log = try rig.open()
        let archive = try rig.archive(log)
        for source in ["short", "long", "none"] {
            let session = log.newSession()
            let record = source == "none" ? "{}" : #"{"locked":{"source":"\#(source)"}}"#
            try rig.append(log, session: session, record: record, events: [#"{"event":"a"}"#])
            log.closeSession(session)
        }
        archive.stop()
        let day = Duration.seconds(86_400)
        let ages = RetentionAges(age: day * 20, sources: ["short": day * 10, "long": day * 30])
        func removed(afterDays days: Int64) throws -> Int {
            try rig.folder.removeExpired(ages, now: ArchiveRig.start + days * 86_400_000_000 + 1_000_000)
        }
        #expect(try removed(afterDays: 9) == 0)
        #expect(try removed(afterDays: 10) == 1)
        #expect(try rig.folder.files().map(\.session) == [2, 3])
        #expect(try removed(afterDays: 20) == 1)
        #expect(try rig.folder.files().map(\.session) == [2])
        #expect(try removed(afterDays: 30) == 1)
        #expect(FileManager.default.fileExists(atPath: "\(rig.path)/archive/2025-06-15") == false)
        try log.close()
    }

    @Test("rewriting removes and replaces lines and whole files, and leaves nothing of the old ones")
    func rewriting() throws {
        let log = try rig.open()
        let archive = try rig.archive(log)
        for user in ["ada", "bob", "eve"] {
            let session = log.newSession()
            try rig.append(
                log, session: session, record: #"{"auth":{"user_id":"\#(user)"}}"#,
                events: [#"{"n":1,"about":"ada"}"#, #"{"n":2}"#])
        }
        let other = log.newSession()
        try rig.append(log, session: other, record: "{}", events: [#"{"n":3,"about":"ada"}"#])
        archive.stop()
        try rig.folder.close(level: 3)
        let before = try rig.contents(of: 3)
        let result = try rig.folder.rewrite(level: 3) { _, line, isSession in
            let text = String(decoding: line, as: UTF8.self)
            if isSession { return text.contains(#""user_id":"ada""#) ? .remove : .keep }
            guard text.contains("ada") else { return .keep }
            return text.contains(#""n":3"#) ? .remove : .replace(Array(#"{"n":1,"about":"#.utf8) + Array(#""?"}"#.utf8))
        }
        #expect(result.changedFiles == 2 && result.removedFiles == 2 && result.lines == 2)
        #expect(try rig.folder.files().map(\.session) == [2, 3])
        for file in try rig.folder.files() {
            #expect(try rig.lines(of: file).dropFirst() == [#"{"n":1,"about":"?"}"#, #"{"n":2}"#])
        }
        #expect(try rig.contents(of: 3) != before)
        let left = FileManager.default.enumerator(atPath: "\(rig.path)/archive")?.compactMap { $0 as? String } ?? []
        #expect(left.filter { $0.hasSuffix(".partial") || $0.hasSuffix(".jsonl") }.isEmpty)
        // Nothing is to be done again, and the archive goes on.
        let again = try rig.folder.rewrite(level: 3) { _, _, _ in .keep }
        #expect(again.changedFiles == 0 && again.removedFiles == 0)
        let next = try rig.archive(log)
        next.stop()
        #expect(next.failure == nil)
        try log.close()
    }

    @Test("a damaged file is named, and not read as if it were whole")
    func damage() throws {
        let log = try rig.open()
        let archive = try rig.archive(log)
        try rig.append(log, session: log.newSession(), record: "{}", events: (0..<100).map { #"{"n":\#($0)}"# })
        archive.stop()
        try rig.folder.close(level: 3)
        let file = try #require(try rig.folder.files().first)
        let path = "\(rig.path)/archive/\(file.path)"
        let whole = try Data(contentsOf: URL(filePath: path))
        for bytes in [whole.prefix(whole.count / 2), whole.prefix(20) + Data([0xff]) + whole.dropFirst(21)] {
            try bytes.write(to: URL(filePath: path))
            let error = #expect(throws: LogError.self) { _ = try rig.lines(of: file) }
            #expect(error?.description.contains(path) == true)
        }
        try log.close()
    }
}
