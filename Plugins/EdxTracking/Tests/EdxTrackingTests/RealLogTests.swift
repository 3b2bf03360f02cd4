import EdxTracking
import Foundation
import Testing

/// Real logs, which lie beside the repository.
enum RealData {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../../shared/data").standardizedFileURL
    static let isPresent = FileManager.default.fileExists(atPath: folder.path)
    /// Where tests must not be skipped.
    static let isRequired = ProcessInfo.processInfo.environment["CI"] == "true"

    static func lines(_ path: String) throws -> [String] {
        String(decoding: try Data(contentsOf: folder.appending(path: path)), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

@Suite("Real edX data", .enabled(if: RealData.isPresent || RealData.isRequired, "SKIPPED: ../shared/data is absent"))
struct RealLogTests {
    private func tally(_ path: String) throws -> (events: [Given], refused: [Int]) {
        var events: [Given] = []
        var refused: [Int] = []
        for (index, line) in try RealData.lines(path).enumerated() {
            do { events += try decode(TrackingLog(), line) } catch { refused.append(index + 1) }
        }
        return (events, refused)
    }

    @Test("12 lines with a logger's prefix, two of them corrupt")
    func prefixed() throws {
        let (events, refused) = try tally("edx-tracking/tracking.log")
        #expect(events.count == 10)
        #expect(refused == [3, 11])
        #expect(events.allSatisfy { $0.time != nil && $0.course == "course-v1:edX+DemoX+Demo_Course" })
    }

    @Test("226 events among comments and blank lines, all readable")
    func engagement() throws {
        let (events, refused) = try tally("edx-engagement/tracking.log")
        #expect(events.count == 226)
        #expect(refused.isEmpty)
        #expect(Set(events.map(\.actor)) == ["", "anonymous", "honor", "staff", "verified"])
        #expect(events.allSatisfy { $0.time != nil })
    }

    @Test("a roster of 4 users, 4 groups, 5 memberships")
    func roster() throws {
        let events = try RealData.lines("edx-engagement/roster.sql").flatMap { try decode(Roster(), $0) }
        #expect(events.filter { $0.type == "roster.user" }.count == 4)
        #expect(events.filter { $0.type == "roster.group" }.count == 4)
        #expect(events.filter { $0.type == "roster.member" }.count == 5)
    }
}
