import Enrichment
import Records
import Testing

/// A source that does not answer is left alone.
@Suite("A breaker") struct BreakerTests {
    /// A breaker that a test may change within an expectation.
    private final class Subject {
        var breaker: Breaker
        init(failures: Int) { breaker = Breaker(failures: failures, pause: 10) }

        func begin(at now: Int64) -> Breaker.Attempt? { breaker.begin(at: now) }
        func succeed(_ attempt: Breaker.Attempt) -> Bool { breaker.succeed(attempt) }
        func fail(_ attempt: Breaker.Attempt, at now: Int64) -> Bool { breaker.fail(attempt, at: now) }

        /// A look-up that is let through and fails. Returns whether that opens it.
        @discardableResult
        func fail(from began: Int64, to now: Int64) throws -> Bool {
            let attempt = try #require(begin(at: began))
            return fail(attempt, at: now)
        }
    }

    @Test("opens after so many failures in a row") func opens() throws {
        let subject = Subject(failures: 3)
        for _ in 0..<2 { try subject.fail(from: 0, to: 0) }
        let attempt = try #require(subject.begin(at: 0))
        #expect(!subject.succeed(attempt))
        for _ in 0..<2 { try subject.fail(from: 0, to: 0) }
        #expect(subject.breaker.state(at: 0) == .closed)
        #expect(try subject.fail(from: 0, to: 0))
        #expect(subject.breaker.state(at: 9) == .open)
        #expect(subject.begin(at: 9) == nil)
    }

    @Test("lets one probe through after its pause") func probes() throws {
        let subject = Subject(failures: 1)
        try subject.fail(from: 0, to: 0)
        let probe = try #require(subject.begin(at: 10))
        #expect(subject.breaker.state(at: 10) == .halfOpen)
        #expect(subject.begin(at: 10) == nil)
        #expect(subject.begin(at: 1_000) == nil)
        #expect(subject.succeed(probe))
        #expect(subject.breaker.state(at: 10) == .closed)
        #expect(subject.begin(at: 10) != nil)
    }

    @Test("stays open for another pause if the probe fails") func reopens() throws {
        let subject = Subject(failures: 1)
        try subject.fail(from: 0, to: 0)
        try subject.fail(from: 10, to: 15)
        #expect(subject.begin(at: 24) == nil)
        #expect(subject.begin(at: 25) != nil)
    }

    @Test("is not closed by an answer to what was asked before it opened") func late() throws {
        let subject = Subject(failures: 1)
        let early = try #require(subject.begin(at: 0))
        try subject.fail(from: 0, to: 0)
        #expect(!subject.succeed(early))
        #expect(subject.breaker.state(at: 1) == .open)
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
        #expect(
            rig.reports.all == [
                "enrichment.sources.school, user-context: invalid input syntax for type integer: \"$1\""
            ])
    }
}
