import CPluginAPI
import PluginHost
import Records

/// Asks for what is to be known of events, by one plan. Not thread-safe: each thread that takes events in has one.
package final class EnrichmentReader {
    /// What a function is called with.
    enum Argument {
        case time
        case own(slot: Int)
        case answer(slot: Int)
    }

    let plan: EnrichmentPlan
    let extractor = FieldExtractor()
    let row: UnsafeMutablePointer<lectern_value>
    /// By derivation.
    let arguments: [[Argument]]
    /// The slots of keys' parts, by enricher; nil: the actor.
    private let keys: [[Int?]]
    /// Those of the plan's members, and of `enrichment`.
    private let members: [Int]
    private let enrichment: Int
    private let lookupTypes: [EventTypes]
    private let derivedTypes: [EventTypes]
    private var key = Bytes()
    /// JSON that the parser may read beyond.
    private var padded = Bytes()

    /// A longer key is no name.
    private static let longestKey = 4096

    package init(_ plan: EnrichmentPlan) {
        self.plan = plan
        let extractor = extractor
        enrichment = extractor.add("enrichment")
        members = plan.members.map(extractor.add)
        keys = plan.lookups.map { lookups in
            lookups.description.key.map { part in
                if case .field(let path) = part { extractor.add(path) } else { nil }
            }
        }
        let answers = Set(plan.lookups.map(\.description.member))
        arguments = plan.derivations.map { derivation in
            derivation.member.arguments.map { argument in
                guard case .field(let path) = argument else { return .time }
                let isPartOfAnswer = answers.contains(String(path.prefix { $0 != "." }))
                return isPartOfAnswer ? .answer(slot: extractor.add(path)) : .own(slot: extractor.add(path))
            }
        }
        lookupTypes = plan.lookups.map { EventTypes($0.description.types) }
        derivedTypes = plan.derivations.map { EventTypes($0.member.types) }
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
    }

    deinit { row.deallocate() }

    /// Whether it is of the plan that an event was asked by.
    package func isOf(_ lookups: EventLookups) -> Bool { lookups.plan === plan }

    /// One for what an event was asked by.
    package convenience init(of lookups: EventLookups) { self.init(lookups.plan) }

    /// Begins to find out what is to be known of an event. Nil: nothing is, or its source says what was known of it.
    /// - Parameter latch: held by what has to be waited for.
    package func begin(_ event: EnrichedEvent, latch: () -> LookupLatch) -> EventLookups? {
        defer { extractor.reset() }
        guard read(event) else { return nil }
        let sent = members.map { row[$0].tag != LECTERN_MISSING }
        var isAsked = row[enrichment].tag != LECTERN_MISSING || sent.contains(true)
        var found: [Lookup?] = []
        for (index, lookups) in plan.lookups.enumerated() {
            guard lookupTypes[index].contains(event.type), makeKey(index, event) else {
                found.append(nil)
                continue
            }
            isAsked = true
            found.append(lookups.look(up: key.string, parts: { parts(index, event) }, latch: latch))
        }
        let arguments = plan.derivations.indices.map { index in
            derivedTypes[index].contains(event.type) ? ownArguments(index, event) : nil
        }
        guard isAsked || arguments.contains(where: { $0 != nil }) else { return nil }
        var lookups = EventLookups(plan: plan, lookups: found, sent: sent, arguments: arguments)
        goOn(&lookups, latch: latch)
        return lookups
    }

    /// Begins to derive what other processes derive, once all is there that it needs.
    package func goOn(_ lookups: inout EventLookups, latch: () -> LookupLatch) {
        guard lookups.calls == nil else { return }
        let isElsewhere = plan.derivations.indices.contains {
            plan.derivations[$0].thread != nil && lookups.arguments[$0] != nil
        }
        guard isElsewhere else {
            lookups.calls = []
            return
        }
        guard lookups.isLookedUp else { return }
        readAnswers(lookups)
        defer { extractor.reset() }
        lookups.calls = plan.derivations.indices.map { index in
            guard let thread = plan.derivations[index].thread, let own = lookups.arguments[index] else { return nil }
            let call = DerivedCall(plan.derivations[index].function, whole(own, index))
            call.result.hold(latch())
            thread.submit(call)
            return call
        }
    }

    // MARK: Reading

    /// Fills the row. False: the event's source says what was known of it when it was stored elsewhere.
    private func read(_ event: EnrichedEvent) -> Bool {
        if !event.fields.isEmpty {
            pad(event.fields)
            guard extractor.extract(paddedText, into: row) == nil, row[enrichment].tag == LECTERN_MISSING else {
                return false
            }
        }
        guard extractor.extract(event.payload, into: row) == nil else { return false }
        if !event.locked.isEmpty { _ = extractor.overlay(event.locked, onto: row) }
        if !event.fields.isEmpty { _ = extractor.overlay(paddedText, onto: row) }
        return true
    }

    /// Fills the row with what is known.
    func readAnswers(_ lookups: EventLookups) {
        key.truncate()
        key.append("{")
        for (index, lookup) in lookups.lookups.enumerated() {
            if index > 0 { key.append(",") }
            key.appendJSON(plan.members[index])
            key.append(":")
            key.append(lookup?.answer.json ?? "null")
        }
        key.append("}")
        pad(key.contents)
        _ = extractor.extract(paddedText, into: row)
    }

    private func pad(_ text: UnsafeRawBufferPointer) {
        padded.truncate()
        padded.append(text)
        for _ in 0..<FieldExtractor.padding { padded.append(byte: 0) }
    }

    private var paddedText: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: padded.contents.dropLast(FieldExtractor.padding))
    }

    // MARK: Arguments

    private func ownArguments(_ index: Int, _ event: EnrichedEvent) -> [Cell?] {
        zip(arguments[index], plan.derivations[index].function.description.arguments).map { argument, declared in
            switch argument {
            case .time: declared.type == .time || declared.type == .integer ? .time(event.time) : .null
            case .own(let slot): Cell(row[slot], as: declared.type)
            case .answer: nil
            }
        }
    }

    /// The arguments, with what is part of answers, which stand in the row.
    func whole(_ own: [Cell?], _ index: Int) -> [Cell] {
        let declared = plan.derivations[index].function.description.arguments
        return own.indices.map { place in
            if let cell = own[place] { return cell }
            guard case .answer(let slot) = arguments[index][place] else { return .null }
            return Cell(row[slot], as: declared[place].type)
        }
    }

    // MARK: Keys

    /// Writes the key that an enricher looks up by: an array of texts. False: the event lacks a part.
    private func makeKey(_ index: Int, _ event: EnrichedEvent) -> Bool {
        key.truncate()
        for (place, slot) in keys[index].enumerated() {
            key.append(place == 0 ? "[" : ",")
            guard let slot else {
                guard append(event.name(for: plan.lookups[index])) else { return false }
                continue
            }
            let value = row[slot]
            switch value.tag {
            case LECTERN_TEXT:
                guard let text = value.text, append(text) else { return false }
            case LECTERN_INTEGER:
                key.append("\"")
                key.appendJSON(value.as.integer)
                key.append("\"")
            case LECTERN_TRUE: key.append("\"true\"")
            case LECTERN_FALSE: key.append("\"false\"")
            default: return false
            }
        }
        key.append("]")
        return key.count <= Self.longestKey
    }

    /// Adds a part of a key. False: that is no name; with a zero byte it would be another one to a database.
    private func append(_ part: UnsafeRawBufferPointer) -> Bool {
        guard !part.isEmpty, part.count <= Self.longestKey, !part.contains(0) else { return false }
        key.appendJSON(part)
        return true
    }

    private func parts(_ index: Int, _ event: EnrichedEvent) -> [String] {
        keys[index].map { slot in
            guard let slot else { return String(decoding: event.name(for: plan.lookups[index]), as: UTF8.self) }
            let value = row[slot]
            return switch value.tag {
            case LECTERN_INTEGER: "\(value.as.integer)"
            case LECTERN_TRUE: "true"
            case LECTERN_FALSE: "false"
            default: value.text.map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
        }
    }
}
