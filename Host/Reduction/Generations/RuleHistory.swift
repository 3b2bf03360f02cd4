import Records
package import Rules

/// Which filter rules hold where: for each partition the places from which on a set of rules holds. A function of the log, whose
/// control records say it, so that an event has the same rules whenever it is folded.
package struct RuleHistory: Sendable, Equatable {
    struct Place: Codable, Sendable, Equatable {
        /// The first record for which it holds: that behind the control record.
        let from: UInt64
        /// Its number among the sets.
        let set: Int
    }

    /// Each set once.
    private(set) var sets: [FilterRules] = []
    /// Of each partition, in the order of positions.
    private(set) var places: [Int: [Place]] = [:]

    package init() {}

    /// Rules that hold from the first event on: for files, which have no control records.
    package init(always rules: FilterRules, partitions: Int) {
        if rules.isEmpty { return }
        for partition in 0..<partitions { add(rules, partition: partition, from: 0) }
    }

    var isEmpty: Bool { places.isEmpty }

    /// Notes what another history says of a partition.
    mutating func add(_ other: RuleHistory, partition: Int) {
        for place in other.places[partition] ?? [] {
            add(other.sets[place.set], partition: partition, from: place.from)
        }
    }

    /// The set that was recorded last, wherever that is known.
    var newest: FilterRules? { places.keys.min().flatMap(last) }

    /// The set that was recorded last in a partition.
    func last(_ partition: Int) -> FilterRules? { places[partition]?.last.map { sets[$0.set] } }

    /// Notes what a control record says; nothing if it is known.
    ///
    /// - Returns: whether it is new.
    @discardableResult
    mutating func add(_ rules: FilterRules, partition: Int, from: UInt64) -> Bool {
        let known = places[partition] ?? []
        guard known.last.map({ $0.from < from }) ?? true else { return false }
        let set = sets.firstIndex(of: rules) ?? sets.count
        if set == sets.count { sets.append(rules) }
        places[partition] = known + [Place(from: from, set: set)]
        return true
    }
}

extension RuleHistory {
    static let recordType = "rules"

    /// Notes what a control record says, if it is one of rules.
    ///
    /// - Throws: `UnknownRulesError`.
    mutating func add(_ record: RecordView) throws(UnknownRulesError) {
        guard record.kind == .control, record.type.elementsEqual(Self.recordType.utf8) else { return }
        add(try Self.rules(record), partition: record.partition, from: record.position + 1)
    }

    /// The rules of a control record that holds some.
    static func rules(_ record: RecordView) throws(UnknownRulesError) -> FilterRules {
        let json = String(decoding: record.payload, as: UTF8.self)
        do { return try FilterRules(recorded: json, at: "the log") } catch {
            throw UnknownRulesError(partition: record.partition, position: record.position, reason: "\(error)")
        }
    }
}

/// Filter rules in the log that this build does not know.
package struct UnknownRulesError: Error, CustomStringConvertible {
    let partition: Int
    let position: UInt64
    let reason: String

    package var description: String {
        "the filter rules at position \(position) of partition \(partition) can't be read, as those of a later version of "
            + "Lectern: \(reason)"
    }
}
