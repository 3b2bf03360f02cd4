import CPluginAPI
import CRecords
import PluginHost
import Records

/// A member of events that a function of a plugin computes from others.
struct Derivation: Sendable {
    let member: DerivedMember
    let function: CallableFunction
    /// Nil: the function is in this process, and is called where the event is.
    let thread: DerivationThread?

    /// Calls the function here.
    func value(of arguments: [Cell]) -> Cell {
        function.call(arguments.map(FunctionColumn.constant), 1).first ?? .null
    }
}

/// A function's result for one event, on its way.
final class DerivedCall: Sendable {
    fileprivate let function: CallableFunction
    fileprivate let arguments: [Cell]
    let result = Flight<Cell>()

    init(_ function: CallableFunction, _ arguments: [Cell]) {
        self.function = function
        self.arguments = arguments
    }
}

/// Asks the worker of one plugin for results, for as many events at once as wait. Any thread.
final class DerivationThread: Sendable {
    private let queue: BoundedQueue<DerivedCall>
    private static let batch = 1024

    /// - Parameter limit: calls that may wait.
    init(limit: Int) {
        queue = BoundedQueue(limit: limit)
        _ = WorkThread(name: "derivation") { [self] in run() }
    }

    /// Where too many wait, the result is null.
    func submit(_ call: DerivedCall) {
        if !queue.offer(call) { call.result.land(.null) }
    }

    func close() { queue.close() }

    private func run() {
        while let first = queue.take() {
            var calls = [first]
            while calls.count < Self.batch, let next = queue.takeIfAny() { calls.append(next) }
            for (_, group) in Dictionary(grouping: calls, by: \.function.description.id) {
                let function = group[0].function
                let columns = function.description.arguments.indices.map { index in
                    FunctionColumn.cells(group.map { $0.arguments[index] })
                }
                let results = function.call(columns, group.count)
                for (index, call) in group.enumerated() {
                    call.result.land(index < results.count ? results[index] : .null)
                }
            }
        }
    }
}

extension Cell {
    /// A field's value as a function takes it: null if it is of another type.
    init(_ value: lectern_value, as type: ColumnType) {
        switch (type, value.tag) {
        case (.text, LECTERN_TEXT): self = .text(value.text.map { String(decoding: $0, as: UTF8.self) } ?? "")
        case (.integer, LECTERN_INTEGER): self = .integer(value.as.integer)
        case (.number, LECTERN_INTEGER): self = .number(Double(value.as.integer))
        case (.number, LECTERN_NUMBER): self = .number(value.as.number)
        case (.boolean, LECTERN_TRUE): self = .boolean(true)
        case (.boolean, LECTERN_FALSE): self = .boolean(false)
        case (.time, LECTERN_TEXT):
            let text = value.text.map { String(decoding: $0, as: UTF8.self) } ?? ""
            self = AnswerText.microseconds(text).map(Cell.time) ?? .null
        default: self = .null
        }
    }
}
