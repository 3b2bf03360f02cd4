import Enrichment
import Foundation
import KeyValueStore
import Records
import Synchronization
import Testing

/// How often a source is asked, and what events have while it is away.
@Suite("Look-ups") struct CacheTests {
    private let ada = #"{"enrichment":{"user_context":"fresh"},"user_context":{"country":"DE","attempts":7}}"#

    private func rig(
        store: (any KeyValueStore)? = nil, _ configure: (inout EnrichmentConfiguration) -> Void = { _ in }
    ) -> EnrichmentRig {
        let rig = EnrichmentRig(store: store, configure)
        rig.script.say(.row(["country": .text("DE"), "attempts": .integer(7), "email": .text("ada@x")]), of: "ada")
        return rig
    }

    @Test("have the members that the enricher declares, and no others") func members() throws {
        #expect(try rig().fields() == ada)
    }

    @Test("ask the source once for a key that a thousand want at once") func singleFlight() throws {
        let rig = rig()
        rig.script.stall(true)
        let answered = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: 1_000) { _ in
            guard let reader = try? rig.reader() else { return }
            let latch = LookupLatch { answered.wrappingAdd(1, ordering: .relaxed) }
            let lookups = rig.begin(reader, latch: latch)
            #expect(lookups?.isComplete == false)
            latch.leave()
        }
        rig.script.stall(false)
        waitUntil { answered.load(ordering: .relaxed) == 1_000 }
        #expect(rig.script.asked == ["ada"])
        #expect(rig.figures.calls == 1)
    }

    @Test("ask again when the answer's time is over, and not before") func timeToLive() throws {
        let rig = rig { $0.memory.ttl = 300_000_000 }
        _ = try rig.fields()
        rig.clock.advance(seconds: 299)
        #expect(try rig.fields() == ada)
        #expect(rig.script.asked.count == 1)
        rig.clock.advance(seconds: 2)
        #expect(try rig.fields() == ada)
        #expect(rig.script.asked.count == 2)
    }

    @Test("remember what the source does not know, for a shorter time") func negative() throws {
        let rig = rig { $0.memory.missing = 60_000_000 }
        #expect(try rig.fields(actor: "bob") == #"{"enrichment":{"user_context":"missing"},"user_context":null}"#)
        rig.clock.advance(seconds: 59)
        #expect(try rig.status(of: "bob") == "missing")
        #expect(rig.script.asked == ["bob"])
        rig.script.say(.row(["country": .text("FR")]), of: "bob")
        rig.clock.advance(seconds: 2)
        #expect(try rig.status(of: "bob") == "fresh")
    }

    @Test("use what the source said before while it fails, and only for so long") func stale() throws {
        let rig = rig {
            $0.memory.ttl = 300_000_000
            $0.memory.stale = 600_000_000
            $0.sources["school"]?.failures = 1_000
        }
        _ = try rig.fields()
        rig.script.say(.failure(.away("gone")), of: "ada")
        rig.clock.advance(seconds: 301)
        #expect(try rig.fields() == ada.replacing("fresh", with: "stale"))
        rig.clock.advance(seconds: 598)
        #expect(try rig.status(of: "ada") == "stale")
        rig.clock.advance(seconds: 2)
        #expect(try rig.status(of: "ada") == "missing")
        // An error is never remembered as an answer.
        rig.script.say(.row(["country": .text("DE"), "attempts": .integer(8)]), of: "ada")
        #expect(try rig.status(of: "ada") == "fresh")
    }

    @Test("go on with what was known before while the source is slow") func slow() throws {
        let rig = rig()
        _ = try rig.fields()
        rig.clock.advance(seconds: 301)
        rig.script.stall(true)
        let reader = try rig.reader()
        let lookups = try #require(rig.begin(reader))
        #expect(!lookups.isComplete)
        #expect(rig.write(reader, lookups) == ada.replacing("fresh", with: "stale"))
    }

    @Test("share answers, so that another host need not ask") func shared() throws {
        let store = StubStore()
        let first = rig(store: store)
        _ = try first.fields()
        waitUntil { first.figures.calls == 1 }
        first.enrichment.close()
        let second = rig(store: store)
        waitUntil { (try? second.fields()) == ada && second.figures.sharedHits == 1 }
        #expect(second.script.asked.isEmpty)
        #expect(second.figures.calls == 0)
    }

    @Test("keep no more than the settings allow, and what is in use") func bounded() throws {
        let rig = rig { $0.memory.entries = 10 }
        rig.script.sayOtherwise(.row(["country": .text("DE")]))
        for number in 0..<100 {
            _ = try rig.fields(actor: "s\(number)")
            _ = try rig.fields(actor: "often")
        }
        #expect(rig.enrichment.figures.enrichers[0].remembered <= 10)
        #expect(rig.script.asked.filter { $0 == "often" }.count == 1)
        #expect(rig.script.asked.count == 101)
    }

    @Test("beyond the queue are left out") func overflow() throws {
        let rig = rig { $0.queue = 4 }
        rig.script.stall(true)
        let reader = try rig.reader()
        let found = (0..<100).map { rig.begin(reader, actor: "s\($0)") }
        // Two are being asked for, and four wait.
        #expect(found.filter { $0?.isComplete == false }.count <= 6)
        #expect(rig.figures.overflows >= 94)
    }

    @Test("of an event that waits are told by its latch, once") func latch() throws {
        let rig = rig()
        rig.script.stall(true)
        let reader = try rig.reader()
        let called = Atomic<Int>(0)
        let latch = LookupLatch { called.wrappingAdd(1, ordering: .relaxed) }
        let lookups = ["ada", "bob", "eve"].map { rig.begin(reader, actor: $0, latch: latch) }
        latch.leave()
        #expect(called.load(ordering: .relaxed) == 0)
        rig.script.stall(false)
        waitUntil { called.load(ordering: .relaxed) == 1 }
        #expect(lookups.allSatisfy { $0?.isComplete == true })
    }
}
