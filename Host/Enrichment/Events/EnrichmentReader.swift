import CPluginAPI
import PluginHost
import Records

/// Finds out what is to be known of events, one after the other, by one plan. Not thread-safe: each thread that takes events in has
/// one.
package final class EnrichmentReader {
    let plan: EnrichmentPlan
    let derivations: [RowDerivation]
    /// What is known of the event in hand.
    package private(set) var found: EventLookups
    /// What is said of the event in hand, once it is written.
    var answers: [Answer?] = []
    /// Which derivations the event in hand has.
    private(set) var isDerived: [Bool]
    /// When it was, in microseconds since 1970 UTC.
    private(set) var time: Int64 = 0
    /// What its members say.
    let row: UnsafeMutablePointer<lectern_value>
    /// The slots of the plan's members, and of `enrichment`.
    let members: [Int]
    private let enrichment: Int
    private let extractor = FieldExtractor()
    private let lookupTypes: [EventTypes]
    private let keys: [KeyReader]
    /// JSON that the parser may read beyond.
    private var padded = Bytes()

    package init(_ plan: EnrichmentPlan) {
        self.plan = plan
        let extractor = extractor
        enrichment = extractor.add("enrichment")
        members = plan.members.map(extractor.add)
        keys = plan.lookups.map { KeyReader($0.description.key, extractor) }
        derivations = plan.derivations.map { RowDerivation($0, plan, extractor) }
        lookupTypes = plan.lookups.map { EventTypes($0.description.types) }
        isDerived = plan.derivations.map { _ in false }
        found = EventLookups(plan: plan)
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
    }

    deinit { row.deallocate() }

    /// Whether it is of the plan that an event was asked by.
    package func isOf(_ lookups: EventLookups) -> Bool { lookups.plan === plan }

    /// One for what an event was asked by.
    package convenience init(of lookups: EventLookups) { self.init(lookups.plan) }

    /// Takes an event in hand, and begins to find out what is to be known of it: that is `found` then. False: nothing is, or its
    /// source says what was known of it.
    /// - Parameter latch: held by what has to be waited for.
    package func begin(_ event: EnrichedEvent, latch: () -> LookupLatch) -> Bool {
        guard read(event) else { return false }
        var isAsked = row[enrichment].tag != LECTERN_MISSING
        for slot in members where row[slot].tag != LECTERN_MISSING { isAsked = true }
        found.lookups.removeAll(keepingCapacity: true)
        for (index, lookups) in plan.lookups.enumerated() {
            let actor = event.name(for: lookups)
            guard lookupTypes[index].contains(event.type), keys[index].read(row, actor: actor) else {
                found.lookups.append(nil)
                continue
            }
            isAsked = true
            let lookup = lookups.look(
                up: keys[index].key, parts: { keys[index].parts(row, actor: actor) }, latch: latch)
            found.lookups.append(lookup)
        }
        guard isAsked || isDerived.contains(true) else { return false }
        found.calls = []
        if plan.derivesElsewhere {
            found.calls = nil
            found.arguments = derivations.indices.map { index in
                let derivation = derivations[index]
                return isDerived[index] && derivation.thread != nil ? derivation.cells(row, time: time) : nil
            }
            goOn(&found, latch: latch)
        }
        return true
    }

    /// Takes an event in hand once more that has waited for what is known of it now.
    package func resume(_ lookups: EventLookups, of event: EnrichedEvent) {
        _ = read(event)
        found = lookups
    }

    /// Begins to derive what other processes derive, once all is there that it needs.
    package func goOn(_ lookups: inout EventLookups, latch: () -> LookupLatch) {
        guard lookups.calls == nil, lookups.isLookedUp else { return }
        let answers = lookups.lookups.map { $0?.answer }
        lookups.calls = derivations.indices.map { index in
            guard let thread = derivations[index].thread, let own = lookups.arguments[index] else { return nil }
            let call = derivations[index].call(own, answers)
            call.result.hold(latch())
            thread.submit(call)
            return call
        }
    }

    /// Fills the row. False: the event's source says what was known of it when it was stored elsewhere.
    private func read(_ event: EnrichedEvent) -> Bool {
        // The texts of the event before.
        extractor.reset()
        if !event.fields.isEmpty {
            pad(event.fields)
            guard extractor.extract(paddedText, into: row) == nil, row[enrichment].tag == LECTERN_MISSING else {
                return false
            }
        }
        guard extractor.extract(event.payload, into: row) == nil else { return false }
        if !event.locked.isEmpty { _ = extractor.overlay(event.locked, onto: row) }
        if !event.fields.isEmpty { _ = extractor.overlay(paddedText, onto: row) }
        time = event.time
        for index in derivations.indices { isDerived[index] = derivations[index].types.contains(event.type) }
        return true
    }

    private func pad(_ text: UnsafeRawBufferPointer) {
        padded.truncate()
        padded.append(text)
        for _ in 0..<FieldExtractor.padding { padded.append(byte: 0) }
    }

    private var paddedText: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: padded.contents.dropLast(FieldExtractor.padding))
    }
}
