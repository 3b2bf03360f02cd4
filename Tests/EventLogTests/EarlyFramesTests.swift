import EventLog
import Foundation
import Records
import Testing

@Suite struct EarlyFramesTests {
    private let folder = TemporaryFolder()

    private func lines() throws -> [String] {
        var lines: [String] = []
        try EarlyFrames.forEachLine(log: folder.path) { line in
            lines.append(String(decoding: line, as: UTF8.self))
            return true
        }
        return lines
    }

    private func open(limit: Int = 16 << 20, buffer: Int = 1 << 20) throws -> EarlyFrames {
        var configuration = EarlyFramesConfiguration()
        configuration.limitBytes = limit
        configuration.bufferBytes = buffer
        return try EarlyFrames(log: folder.path, configuration)
    }

    private func add(_ text: String, to frames: EarlyFrames, connection: UInt64 = 1) {
        add(Array(text.utf8), to: frames, connection: connection)
    }

    private func add(_ bytes: [UInt8], to frames: EarlyFrames, connection: UInt64 = 1) {
        bytes.withUnsafeBytes { frames.add($0, connection: connection, peer: "203.0.113.9", received: 1_000_000) }
    }

    private var bytesOnDisk: Int {
        let path = folder.path + "/early-frames"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.reduce(0) { $0 + contents("\(path)/\($1)").count }
    }

    @Test func framesAreKeptAsTheyCame() throws {
        let frames = try open()
        add(#"{"event":"a"}"#, to: frames, connection: frames.newConnection())
        add([0x7b, 0xff], to: frames, connection: frames.newConnection())
        frames.close()
        let head = #"{"received":"1970-01-01T00:00:01Z","connection":"#
        #expect(
            try lines() == [
                head + #"1,"peer":"203.0.113.9","frame":"{\"event\":\"a\"}"}"#,
                head + #"2,"peer":"203.0.113.9","base64":"e/8="}"#,
            ])
        #expect(frames.kept == 2 && frames.dropped == 0)
    }

    @Test func aFloodCostsOlderFramesAndNoMoreOfTheDisk() throws {
        let limit = 40_000
        let frames = try open(limit: limit, buffer: 10_000)
        for number in 0..<500 {
            add("{\"n\":\(number),\"text\":\"\(String(repeating: "x", count: 400))\"}", to: frames)
            if number % 10 == 9 { #expect(try eventuallyWritten(number, frames)) }
            #expect(bytesOnDisk <= limit)
        }
        frames.close()
        let kept = try lines()
        #expect(kept.count > 20 && kept.count < 100)
        #expect(kept.last?.contains(#"\"n\":499"#) == true)
    }

    private func eventuallyWritten(_ number: Int, _ frames: EarlyFrames) throws -> Bool {
        for _ in 0..<10_000 {
            if try lines().last?.contains("\\\"n\\\":\(number),") == true { return true }
            usleep(1_000)
        }
        return false
    }

    @Test func whatFindsNoRoomInTheQueueIsCounted() throws {
        let frames = try open(buffer: 1_000)
        add(String(repeating: "x", count: 2_000), to: frames)
        // Escaped, these have six bytes each.
        add([UInt8](repeating: 1, count: 500), to: frames)
        frames.close()
        add("late", to: frames)
        #expect(frames.dropped == 3)
        #expect(frames.kept == 0)
        #expect(try lines().isEmpty)
    }

    @Test func theFramesOfTheRunBeforeAreStillThere() throws {
        for run in 0..<4 {
            let frames = try open()
            add("run \(run)", to: frames)
            frames.close()
        }
        #expect(try lines().map { $0.contains("run 2") || $0.contains("run 3") } == [true, true])
    }

    @Test func allCanBeRemovedWithAndWithoutAHost() throws {
        let frames = try open()
        add("a", to: frames)
        #expect(
            try (0..<10_000).contains { _ in
                usleep(1_000)
                return try lines().count == 1
            })
        try frames.removeAll()
        #expect(try lines().isEmpty)
        add("b", to: frames)
        frames.close()
        #expect(try lines().count == 1)
        try EarlyFrames.removeAll(log: folder.path)
        #expect(try lines().isEmpty)
        #expect(bytesOnDisk == 0)
    }

    @Test func withoutALimitNothingIsKept() throws {
        let frames = try open(limit: 0)
        add("a", to: frames)
        frames.close()
        #expect(try lines().isEmpty && frames.kept == 0)
    }
}
