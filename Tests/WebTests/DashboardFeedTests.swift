import PluginHost
import Testing
import Web

struct DashboardFeedTests {
    private let view = DashboardView(plugin: "quiz", dashboard: "class")

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func addAttempt(_ tables: FakeTables, _ count: Int = 1) {
        var rows = tables.snapshot(of: Quiz.attempts)!.rows
        for _ in 0..<count {
            rows.append([.integer(Int64(rows.count + 1)), .text("eve"), .text("module 2"), .number(1), .time(Quiz.day)])
        }
        tables.set(Quiz.attempts, Quiz.attemptColumns, rows)
    }

    @Test func firstASnapshotThenNumberedDeltas() async throws {
        let tables = Quiz.tables()
        let hub = DashboardHub(tables: tables)
        let feed = try #require(await hub.feed(Quiz.dashboard, view))
        let first = try #require(feed.event(after: nil))
        #expect(text(first.bytes).hasPrefix("id: \(first.position)\nevent: snapshot\ndata: {"))
        #expect(text(first.bytes).hasSuffix("}\n\n"))
        #expect(first.position.epoch == 7)
        #expect(feed.event(after: first.position) == nil)

        addAttempt(tables)
        await feed.refresh()
        let second = try #require(feed.event(after: first.position))
        #expect(second.position.number == first.position.number + 1)
        #expect(text(second.bytes).hasPrefix("id: \(second.position)\nevent: delta\n"))
    }

    @Test func aReaderComesBackWhereItWas() async throws {
        let tables = Quiz.tables()
        let feed = try #require(await DashboardHub(tables: tables).feed(Quiz.dashboard, view))
        let first = try #require(feed.event(after: nil)).position
        for _ in 0..<3 {
            addAttempt(tables)
            await feed.refresh()
        }
        let resumed = try #require(feed.event(after: StreamPosition("\(first)")))
        #expect(text(resumed.bytes).contains("event: delta"))
        #expect(text(resumed.bytes).contains("\"since\":\(first.number)"))
        #expect(resumed.position.number == first.number + 3)
    }

    @Test(arguments: ["6-1", "7-999", "7-0", "7", "x-1", "7-1-1", "-7-1", "", "7-18446744073709551616"])
    func whoseStateIsUnknownGetsASnapshot(_ id: String) async throws {
        let feed = try #require(await DashboardHub(tables: Quiz.tables()).feed(Quiz.dashboard, view))
        let event = try #require(feed.event(after: StreamPosition(id)))
        #expect(text(event.bytes).contains("event: snapshot"))
    }

    @Test func numbersNeverMeanTwoThings() async throws {
        let tables = Quiz.tables()
        let hub = DashboardHub(tables: tables, limit: 1)
        let first = try #require(await hub.feed(Quiz.dashboard, view))
        addAttempt(tables)
        await first.refresh()
        let last = first.snapshot().position
        let other = DashboardView(plugin: "quiz", dashboard: "class", selection: ["module": "module 2"])
        let second = try #require(await hub.feed(Quiz.dashboard, other))
        let again = try #require(await hub.feed(Quiz.dashboard, view))
        #expect(again !== first)
        #expect(again.number > second.number)
        #expect(text(try #require(again.event(after: last)).bytes).contains("event: snapshot"))
    }

    @Test func viewsWithReadersAreNotDropped() async throws {
        let hub = DashboardHub(tables: Quiz.tables(), limit: 1)
        let feed = try #require(await hub.feed(Quiz.dashboard, view))
        let wakes = feed.wakes()
        let other = DashboardView(plugin: "quiz", dashboard: "class", selection: ["module": "module 2"])
        #expect(await hub.feed(Quiz.dashboard, other) == nil)
        #expect(hub.readers == 1)
        withExtendedLifetime(wakes) {}
    }

    @Test func aSlowReaderIsWokenOnceForAll() async throws {
        let tables = Quiz.tables()
        let feed = try #require(await DashboardHub(tables: tables).feed(Quiz.dashboard, view))
        let first = feed.snapshot().position
        let wakes = feed.wakes()
        for _ in 0..<100 {
            addAttempt(tables)
            await feed.refresh()
        }
        var iterator = wakes.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        let event = try #require(feed.event(after: first))
        #expect(event.position.number == first.number + 100)
        #expect(feed.event(after: event.position) == nil)
    }

    @Test func readersLeaveNothingBehind() async throws {
        let hub = DashboardHub(tables: Quiz.tables())
        let feed = try #require(await hub.feed(Quiz.dashboard, view))
        do {
            let wakes = feed.wakes()
            #expect(hub.readers == 1)
            withExtendedLifetime(wakes) {}
        }
        #expect(hub.readers == 0)
    }
}
