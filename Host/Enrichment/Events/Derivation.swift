import CPluginAPI
import CRecords
import PluginHost
import Records

/// A member of events that a function of a plugin computes from others.
struct Derivation: Sendable {
    let member: DerivedMember
    let function: CallableFunction
    /// Calls the function where it is in another process; nil: it is in this one, and is called where the event is.
    let thread: DerivationThread?
}

/// A derivation as one thread computes it, from the row of the event in hand and the answers about it. Not thread-safe.
final class RowDerivation {
    private enum Argument {
        case time
        case field(slot: Int)
        case answer(lookup: Int, member: Int)
        /// An enricher has no such member.
        case nothing
    }

    let types: EventTypes
    let thread: DerivationThread?
    private let derivation: Derivation
    private let arguments: [Argument]
    private let declared: [ColumnType]
    private let caller: (any RowCalling)?
    private let values: UnsafeMutablePointer<lectern_value>

    init(_ derivation: Derivation, _ plan: EnrichmentPlan, _ extractor: FieldExtractor) {
        self.derivation = derivation
        types = EventTypes(derivation.member.types)
        thread = derivation.thread
        declared = derivation.function.description.arguments.map(\.type)
        caller = derivation.function.rowCaller?()
        arguments = derivation.member.arguments.map { argument in
            guard case .field(let path) = argument else { return .time }
            guard let part = plan.partOfAnswer(path) else { return .field(slot: extractor.add(path)) }
            return part.member.map { .answer(lookup: part.lookup, member: $0) } ?? .nothing
        }
        values = .allocate(capacity: max(declared.count, 1))
        values.initialize(repeating: lectern_value(), count: max(declared.count, 1))
    }

    deinit { values.deallocate() }

    var description: FunctionDescription { derivation.function.description }

    /// Calls the function here. A text of the result is valid until the next call, and as long as the row and the answers.
    func value(_ row: UnsafePointer<lectern_value>, time: Int64, _ answers: [Answer?]) -> lectern_value {
        guard let caller else { return lectern_value() }
        for index in arguments.indices { values[index] = value(of: index, row, time, answers) }
        return caller.call(values)
    }

    /// The arguments that stand in the row, for when the row is gone; nil: a part of an answer.
    func cells(_ row: UnsafePointer<lectern_value>, time: Int64) -> [Cell?] {
        arguments.indices.map { index in
            if case .answer = arguments[index] { return nil }
            return Cell(value(of: index, row, time, []), as: declared[index])
        }
    }

    /// A call of the function with these arguments, and what is part of answers.
    func call(_ own: [Cell?], _ answers: [Answer?]) -> DerivedCall {
        let cells = own.indices.map { index in
            own[index] ?? Cell(normal(answered(index, answers), declared[index]), as: declared[index])
        }
        return DerivedCall(derivation.function, cells)
    }

    private func value(
        of index: Int, _ row: UnsafePointer<lectern_value>, _ time: Int64, _ answers: [Answer?]
    ) -> lectern_value {
        switch arguments[index] {
        case .time:
            var value = lectern_value()
            value.tag = LECTERN_INTEGER
            value.as.integer = time
            return value
        case .field(let slot): return normal(row[slot], declared[index])
        case .answer: return normal(answered(index, answers), declared[index])
        case .nothing: return lectern_value()
        }
    }

    private func answered(_ index: Int, _ answers: [Answer?]) -> lectern_value {
        guard case .answer(let lookup, let member) = arguments[index], let content = answers[lookup]?.content else {
            return lectern_value()
        }
        return content.values[member]
    }

    /// As functions take it: a time is an integer, and an integer is no time.
    private func normal(_ value: lectern_value, _ type: ColumnType) -> lectern_value {
        guard type == .time else { return value }
        var time = lectern_value()
        var precision: UInt8 = 0
        if value.tag == LECTERN_TEXT,
            lectern_parse_timestamp(value.as.text, Int(value.length), &time.as.integer, &precision) == 1
        {
            time.tag = LECTERN_INTEGER
        }
        return time
    }
}

extension Cell {
    /// A value as functions take it; of another type, null.
    fileprivate init(_ value: lectern_value, as type: ColumnType) {
        switch (type, value.tag) {
        case (.text, LECTERN_TEXT): self = .text(value.text.map { String(decoding: $0, as: UTF8.self) } ?? "")
        case (.integer, LECTERN_INTEGER): self = .integer(value.as.integer)
        case (.time, LECTERN_INTEGER): self = .time(value.as.integer)
        case (.number, LECTERN_INTEGER): self = .number(Double(value.as.integer))
        case (.number, LECTERN_NUMBER): self = .number(value.as.number)
        case (.boolean, LECTERN_TRUE): self = .boolean(true)
        case (.boolean, LECTERN_FALSE): self = .boolean(false)
        default: self = .null
        }
    }
}
