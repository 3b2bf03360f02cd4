import CPluginAPI
import PluginHost
import Records
import Rules

/// A shard's filter rules: asks those that hold at each event's place in the log, before plugins see the event. Not thread-safe.
///
/// What rules leave is laid over the event's fields; blocked events reach no plugin. Conditions are about the event as it came:
/// what one rule changes, another does not see.
final class FilterStage {
    /// Who rejects events that a rule can't be asked about.
    static let component = "lectern.filters"

    /// The part of a partition in which one set holds.
    private struct Stretch {
        var from: UInt64 = 0
        var until: UInt64 = 0
        /// Nil: no rules.
        var set: Int?
    }

    private let fields: FieldList
    private var history: RuleHistory
    private var programs: [FilterProgram] = []
    /// Of each set, the rules about each type, by the types' numbers.
    private var rulesOfType: [[[Int32]]] = []
    private var types: [String] = []
    /// Of each partition, where the last event was.
    private var stretches: [Stretch]
    private var rejections: [Rejection] = []
    /// The set that was recorded last.
    private var newest: Int?

    init(_ history: RuleHistory, partitions: Int, fields: FieldList) {
        self.history = history
        self.fields = fields
        stretches = Array(repeating: Stretch(), count: partitions)
        newest = history.places.keys.min().flatMap { history.places[$0]?.last?.set }
        addPrograms()
    }

    /// Whether any rules are known, at any place.
    var isActive: Bool { !programs.isEmpty }

    /// Takes over what a control record says. The batch must have been folded.
    func add(_ rules: FilterRules, partition: Int, from: UInt64) {
        guard history.add(rules, partition: partition, from: from) else { return }
        stretches[partition] = Stretch()
        newest = history.places[partition]?.last?.set
        addPrograms()
    }

    private func addPrograms() {
        for rules in history.sets[programs.count...] {
            let program = FilterProgram(rules) { fields.declare($0) }
            programs.append(program)
            rulesOfType.append(types.map { program.rules(ofType: $0) })
        }
    }

    /// Learns of a new event type; types are numbered from 0 in the order of these calls.
    func addType(_ type: String) {
        types.append(type)
        for index in programs.indices { rulesOfType[index].append(programs[index].rules(ofType: type)) }
    }

    func takeRejections() -> [Rejection] {
        defer { rejections = [] }
        return rejections
    }

    /// How often each rule of the newest set did what, under other sets too.
    var counts: [FilterCounts] {
        guard let newest else { return [] }
        return programs[newest].rules.rules.map { rule in
            programs.reduce(FilterCounts(rule.name)) { sum, program in
                program.counts.first { $0.rule == rule.name }.map { sum + $0 } ?? sum
            }
        }
    }

    /// Asks the rules about each event of a batch whose marks were made.
    func apply(_ batch: Batch) {
        for index in 0..<batch.count {
            let event = batch.events + index
            let partition = batch.partitions[index]
            batch.patches[index] = nil
            batch.isBlocked[index] = false
            guard let set = set(partition, event.pointee.position) else { continue }
            let asked = rulesOfType[set][batch.types[index]]
            if asked.isEmpty { continue }
            let row = UnsafeMutablePointer(mutating: event.pointee.values!)
            let program = programs[set]
            switch program.run(row, asked) {
            case .untouched: continue
            case .matched:
                let patch = program.patch(row)
                _ = fields.extractor.patch(patch, onto: row)
                batch.patches[index] = patch
            case .blocked: batch.isBlocked[index] = true
            case .failed:
                batch.isBlocked[index] = true
                let raw = event.pointee
                rejections.append(
                    Rejection(
                        cause: .unfiltered, plugin: Self.component, build: "", partition: partition,
                        position: raw.position,
                        reason: program.reason,
                        payload: Array(UnsafeRawBufferPointer(start: raw.payload, count: Int(raw.payload_length)))))
            }
        }
    }

    /// Lets go of what was laid over the events of a batch.
    func reset() { for program in programs { program.reset() } }

    @inline(__always)
    private func set(_ partition: Int, _ position: UInt64) -> Int? {
        let stretch = stretches[partition]
        if stretch.from <= position, position < stretch.until { return stretch.set }
        return find(partition, position)
    }

    private func find(_ partition: Int, _ position: UInt64) -> Int? {
        var stretch = Stretch(from: 0, until: .max, set: nil)
        for place in history.places[partition] ?? [] {
            if place.from > position {
                stretch.until = place.from
                break
            }
            stretch.from = place.from
            stretch.set = history.sets[place.set].isEmpty ? nil : place.set
        }
        stretches[partition] = stretch
        return stretch.set
    }
}
