import Enrichment
import Testing

/// A source that does not answer is left alone.
@Suite("A breaker") struct BreakerTests {
    @Test("opens after so many failures in a row") func opens() throws {
        var breaker = Breaker(failures: 3, pause: 10)
        for _ in 0..<2 { breaker.fail(try #require(breaker.begin(at: 0)), at: 0) }
        breaker.succeed(try #require(breaker.begin(at: 0)))
        for _ in 0..<2 { breaker.fail(try #require(breaker.begin(at: 0)), at: 0) }
        #expect(breaker.state(at: 0) == .closed)
        #expect(breaker.fail(try #require(breaker.begin(at: 0)), at: 0))
        #expect(breaker.state(at: 9) == .open)
        #expect(breaker.begin(at: 9) == nil)
    }

    @Test("lets one probe through after its pause") func probes() throws {
        var breaker = Breaker(failures: 1, pause: 10)
        breaker.fail(try #require(breaker.begin(at: 0)), at: 0)
        let probe = try #require(breaker.begin(at: 10))
        #expect(breaker.state(at: 10) == .halfOpen)
        #expect(breaker.begin(at: 10) == nil)
        #expect(breaker.begin(at: 1_000) == nil)
        #expect(breaker.succeed(probe))
        #expect(breaker.state(at: 10) == .closed)
        #expect(breaker.begin(at: 10) != nil)
    }

    @Test("stays open for another pause if the probe fails") func reopens() throws {
        var breaker = Breaker(failures: 1, pause: 10)
        breaker.fail(try #require(breaker.begin(at: 0)), at: 0)
        breaker.fail(try #require(breaker.begin(at: 10)), at: 15)
        #expect(breaker.begin(at: 24) == nil)
        #expect(breaker.begin(at: 25) != nil)
    }

    @Test("is not closed by an answer to what was asked before it opened") func late() throws {
        var breaker = Breaker(failures: 1, pause: 10)
        let early = try #require(breaker.begin(at: 0))
        breaker.fail(try #require(breaker.begin(at: 0)), at: 0)
        #expect(!breaker.succeed(early))
        #expect(breaker.state(at: 1) == .open)
    }

    @Test("has events go on at once while it is open, and the operator told once") func enrichment() throws {
        let rig = EnrichmentRig { $0.sources["school"]?.failures = 3 }
        rig.script.sayOtherwise(.failure(.away("connection refused")))
        for number in 0..<3 { #expect(try rig.status(of: "s\(number)") == "missing") }
        let reader = try rig.reader()
        for number in 3..<50 { #expect(rig.begin(reader, actor: "s\(number)")?.isComplete == true) }
        #expect(rig.script.asked.count == 3)
        #expect(rig.reports.all.count == 1)
        #expect(rig.reports.all.first?.contains("enrichment.sources.school: connection refused") == true)
        #expect(rig.enrichment.figures.enrichers[0].breaker == .open)
        rig.script.sayOtherwise(.row(["country": .text("DE")]))
        rig.clock.advance(seconds: 11)
        #expect(rig.enrichment.figures.enrichers[0].breaker == .halfOpen)
        #expect(try rig.status(of: "s0") == "fresh")
        #expect(rig.enrichment.figures.enrichers[0].breaker == .closed)
        #expect(rig.reports.all.count == 2)
    }

    @Test("does not count what the source refuses: one odd key must not shut it for all") func refusals() throws {
        let rig = EnrichmentRig { $0.sources["school"]?.failures = 1 }
        rig.script.say(.failure(.refused("invalid input syntax for type integer: \"odd-key\"")), of: "odd-key")
        rig.script.sayOtherwise(.row(["country": .text("DE")]))
        #expect(try rig.status(of: "odd-key") == "missing")
        #expect(try rig.status(of: "ada") == "fresh")
        #expect(rig.enrichment.figures.enrichers[0].breaker == .closed)
        // Nobody's id gets into the host's own log.
        #expect(rig.reports.all == ["enrichment.sources.school, user-context: invalid input syntax for type integer: \"$1\""])
    }
}
