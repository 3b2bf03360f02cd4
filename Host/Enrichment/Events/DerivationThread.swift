import PluginHost
import Records

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
