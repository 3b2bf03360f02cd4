package import CPluginAPI
import Records
import Settings

/// A set of rules, compiled for rows of fields. Not thread-safe.
///
/// A condition is a flat list of steps: a test of one slot, or `all`, `any` or `not` before the steps that it is about. Where a
/// condition is to call functions of plugins or to look at what an actor did before, each is another kind of step.
package final class FilterProgram {
    /// What became of an event.
    package enum Outcome: Sendable {
        /// No rule matched.
        case untouched
        /// Rules matched: `patch` says what they left.
        case matched
        case blocked
        /// A rule could not be evaluated, and says that the event goes to the dead letters: `reason`.
        case failed
    }

    package let rules: FilterRules
    package private(set) var counts: [FilterCounts]
    /// Of the last event that failed.
    package private(set) var reason = ""
    /// The rules that matched the last event, by their numbers.
    package private(set) var matched: [Int32] = []

    private let steps: UnsafeMutableBufferPointer<Step>
    private let values: UnsafeMutableBufferPointer<Value>
    private let texts: [UnsafeMutableRawBufferPointer]
    private let expressions: [RegularExpressionRun]
    /// Of each rule: its first step, or -1; what it does.
    private let starts: [Int32]
    private let isFirst: Bool
    private let patches: FilterPatches
    /// Why a condition's value could not be found out; set by `truth`.
    private var failure: String?

    /// - Parameter declare: has a field extracted from now on, by its path, and returns its slot.
    package init(_ rules: FilterRules, declare: (String) -> Int) {
        self.rules = rules
        isFirst = rules.mode == .first
        counts = rules.rules.map { FilterCounts($0.name) }
        var compiler = Compiler()
        starts = rules.rules.map { rule in
            guard let when = rule.when else { return -1 }
            let start = Int32(compiler.steps.count)
            compiler.add(when, declare)
            return start
        }
        steps = .allocate(capacity: max(compiler.steps.count, 1))
        _ = steps.initialize(from: compiler.steps)
        values = .allocate(capacity: max(compiler.values.count, 1))
        _ = values.initialize(from: compiler.values)
        texts = compiler.texts
        expressions = compiler.expressions
        patches = FilterPatches(rules.rules, declare: declare)
    }

    deinit {
        steps.deallocate()
        values.deallocate()
        for text in texts { text.deallocate() }
    }

    /// The rules about events of a type, by their numbers.
    package func rules(ofType type: String) -> [Int32] {
        rules.rules.indices.filter { rules.rules[$0].types.isEmpty || rules.rules[$0].types.contains(type) }
            .map(Int32.init)
    }

    /// Asks the rules that are about the event's type.
    @inline(__always)
    package func run(_ row: UnsafePointer<lectern_value>, _ asked: [Int32]) -> Outcome {
        matched.removeAll(keepingCapacity: true)
        for number in asked {
            let rule = Int(number)
            failure = nil
            switch starts[rule] < 0 ? .yes : truth(Int(starts[rule]), row) {
            case .no: continue
            case .unknown:
                guard let failure else {
                    counts[rule].unknown += 1
                    continue
                }
                counts[rule].errors += 1
                switch rules.rules[rule].onError {
                case .allow: continue
                case .block:
                    counts[rule].blocked += 1
                    return .blocked
                case .deadLetter:
                    reason = "the filter rule \(rules.rules[rule].name): \(failure)"
                    return .failed
                }
            case .yes:
                counts[rule].matched += 1
                if rules.rules[rule].action == .block {
                    counts[rule].blocked += 1
                    return .blocked
                }
                matched.append(number)
                if isFirst { return .matched }
            }
        }
        return matched.isEmpty ? .untouched : .matched
    }

    /// What the rules that matched leave to be laid over the event's fields, as a JSON merge patch (RFC 7396), which
    /// `FieldExtractor.padding` readable bytes follow. It stays until `reset`.
    package func patch(_ row: UnsafePointer<lectern_value>) -> UnsafeRawBufferPointer { patches.patch(matched, row) }

    /// What one rule leaves on an event that it matches, as JSON.
    package func patch(of rule: Int, _ row: UnsafePointer<lectern_value>) -> String {
        String(decoding: patches.patch([Int32(rule)], row), as: UTF8.self)
    }

    /// Lets go of all patches.
    package func reset() { patches.reset() }
}

/// How often a rule did what, in events.
package struct FilterCounts: Sendable, Equatable {
    package let rule: String
    package var matched: UInt64 = 0
    /// Of these, or of those that it could not be asked about, the ones that reached no plugin.
    package var blocked: UInt64 = 0
    /// Neither true nor false of them, since fields were missing or of another type.
    package var unknown: UInt64 = 0
    /// It could not be evaluated.
    package var errors: UInt64 = 0

    package init(_ rule: String) { self.rule = rule }

    /// Grows with the events that it was asked about.
    package var progress: UInt64 { matched + unknown + errors }

    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        sum.matched += b.matched
        sum.blocked += b.blocked
        sum.unknown += b.unknown
        sum.errors += b.errors
        return sum
    }
}

// MARK: Conditions

extension FilterProgram {
    fileprivate struct Step {
        enum Kind: UInt8 {
            case all, any, not
            case equals, differs, isIn, below, atMost, above, atLeast, between, contains, matches, exists, isNull
        }

        var kind: Kind
        /// Of the field.
        var slot: Int32 = 0
        /// The step behind this one and all that it is about.
        var end: Int32 = 0
        /// The first of its values, or its expression; and how many.
        var first: Int32 = 0
        var count: Int32 = 0
        var low = 0.0
        var high = 0.0
        var flag = false
    }

    fileprivate struct Value {
        var tag: UInt32
        var integer: Int64 = 0
        var number = 0.0
        var text = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The one table of what is true of which value. Of a missing field nothing is known but that it is not there. `null` and
    /// values of another type differ from every value; whether they are above, below or hold something can't be said.
    private func truth(_ at: Int, _ row: UnsafePointer<lectern_value>) -> Truth {
        let step = steps[at]
        switch step.kind {
        case .all: return combined(at, row, decides: .no, otherwise: .yes)
        case .any: return combined(at, row, decides: .yes, otherwise: .no)
        case .not: return truth(at + 1, row).negated
        default: break
        }
        let value = row[Int(step.slot)]
        let isMissing = value.tag == LECTERN_MISSING || value.tag > LECTERN_JSON
        if step.kind == .exists { return Truth(isMissing != step.flag) }
        if isMissing { return .unknown }
        switch step.kind {
        case .isNull: return Truth((value.tag == LECTERN_NULL) == step.flag)
        case .equals: return Truth(Self.equal(value, values[Int(step.first)]))
        case .differs: return Truth(!Self.equal(value, values[Int(step.first)]))
        case .isIn:
            for index in step.first..<step.first + step.count where Self.equal(value, values[Int(index)]) {
                return .yes
            }
            return .no
        case .below, .atMost, .above, .atLeast, .between:
            let number: Double
            switch value.tag {
            case LECTERN_INTEGER: number = Double(value.as.integer)
            case LECTERN_NUMBER: number = value.as.number
            default: return .unknown
            }
            switch step.kind {
            case .below: return Truth(number < step.low)
            case .atMost: return Truth(number <= step.low)
            case .above: return Truth(number > step.low)
            case .atLeast: return Truth(number >= step.low)
            default: return Truth(step.low <= number && number <= step.high)
            }
        case .contains:
            guard let text = value.text else { return .unknown }
            let wanted = values[Int(step.first)].text
            if value.tag == LECTERN_TEXT { return Truth(text.holds(wanted)) }
            return text.first == UInt8(ascii: "[") ? Truth(JSONItems.contain(wanted, in: text)) : .unknown
        case .matches:
            guard value.tag == LECTERN_TEXT, let text = value.text else { return .unknown }
            guard let found = expressions[Int(step.first)].matches(text, limit: rules.steps) else {
                failure = "a text of \(text.count) bytes took more than \(rules.steps) steps (filters.steps) to match"
                return .unknown
            }
            return Truth(found)
        case .all, .any, .not, .exists: return .unknown
        }
    }

    private func combined(
        _ at: Int, _ row: UnsafePointer<lectern_value>, decides: Truth, otherwise: Truth
    ) -> Truth {
        let end = Int(steps[at].end)
        var result = otherwise
        var next = at + 1
        while next < end {
            let truth = truth(next, row)
            if truth == decides { return decides }
            if truth == .unknown { result = .unknown }
            next = Int(steps[next].end)
        }
        return result
    }

    @inline(__always)
    private static func equal(_ value: lectern_value, _ other: Value) -> Bool {
        switch (value.tag, other.tag) {
        case (LECTERN_TEXT, LECTERN_TEXT): value.text!.elementsEqual(other.text)
        case (LECTERN_TRUE, LECTERN_TRUE), (LECTERN_FALSE, LECTERN_FALSE): true
        case (LECTERN_INTEGER, LECTERN_INTEGER): value.as.integer == other.integer
        case (LECTERN_INTEGER, LECTERN_NUMBER): Double(value.as.integer) == other.number
        case (LECTERN_NUMBER, LECTERN_INTEGER): value.as.number == Double(other.integer)
        case (LECTERN_NUMBER, LECTERN_NUMBER): value.as.number == other.number
        default: false
        }
    }

    private struct Compiler {
        var steps: [Step] = []
        var values: [Value] = []
        var texts: [UnsafeMutableRawBufferPointer] = []
        var expressions: [RegularExpressionRun] = []

        mutating func add(_ condition: FilterCondition, _ declare: (String) -> Int) {
            let at = steps.count
            switch condition {
            case .all(let conditions):
                steps.append(Step(kind: .all))
                for condition in conditions { add(condition, declare) }
            case .any(let conditions):
                steps.append(Step(kind: .any))
                for condition in conditions { add(condition, declare) }
            case .not(let condition):
                steps.append(Step(kind: .not))
                add(condition, declare)
            case .test(let field, let test):
                var step = step(test)
                step.slot = Int32(declare(field))
                steps.append(step)
            }
            steps[at].end = Int32(steps.count)
        }

        private mutating func step(_ test: FilterTest) -> Step {
            let first = Int32(values.count)
            switch test {
            case .equals(let value):
                add(value)
                return Step(kind: .equals, first: first, count: 1)
            case .differs(let value):
                add(value)
                return Step(kind: .differs, first: first, count: 1)
            case .isIn(let values):
                for value in values { add(value) }
                return Step(kind: .isIn, first: first, count: Int32(values.count))
            case .below(let number): return Step(kind: .below, low: number)
            case .atMost(let number): return Step(kind: .atMost, low: number)
            case .above(let number): return Step(kind: .above, low: number)
            case .atLeast(let number): return Step(kind: .atLeast, low: number)
            case .between(let low, let high): return Step(kind: .between, low: low, high: high)
            case .contains(let text):
                add(.text(text))
                return Step(kind: .contains, first: first, count: 1)
            case .matches(let pattern):
                guard let expression = try? RegularExpression(pattern) else {
                    preconditionFailure("the settings' reader has checked the expression")
                }
                expressions.append(RegularExpressionRun(expression))
                return Step(kind: .matches, first: Int32(expressions.count - 1))
            case .exists(let flag): return Step(kind: .exists, flag: flag)
            case .isNull(let flag): return Step(kind: .isNull, flag: flag)
            }
        }

        private mutating func add(_ scalar: SettingsScalar) {
            switch scalar {
            case .boolean(let value): values.append(Value(tag: value ? LECTERN_TRUE : LECTERN_FALSE))
            case .integer(let value): values.append(Value(tag: LECTERN_INTEGER, integer: value))
            case .number(let value): values.append(Value(tag: LECTERN_NUMBER, number: value))
            case .text(let text):
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(text.utf8.count, 1), alignment: 1)
                copy.copyBytes(from: text.utf8)
                texts.append(copy)
                values.append(
                    Value(
                        tag: LECTERN_TEXT, text: UnsafeRawBufferPointer(rebasing: copy[..<text.utf8.count])))
            }
        }
    }
}
