import CFFI
import CWork
import PluginHost

/// Prints the nanoseconds of a call of a plugin's function, in one run: by C itself, through a typed pointer, through
/// libffi, and as the host does it, from cells to cells.
///
///     swift run -c release function-calls
@main
struct FunctionCalls {
    private static let rows = 100_000
    private static let rounds = 41

    private let scores = (0..<Self.rows).map { Double($0 % 101) }
    private let days = (0..<Self.rows).map { Double($0 % 30) }
    private let work: @convention(c) (Double, Double) -> Double = lectern_work
    private var code: UnsafeRawPointer { unsafeBitCast(work, to: UnsafeRawPointer.self) }

    static func main() {
        let calls = FunctionCalls()
        let direct = measure { lectern_work_direct(calls.scores, calls.days, Int64(rows)) }
        func show(_ name: String, _ time: Double) {
            func text(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
            print("\(name)  \(text(time)) ns a call, \(text(time / direct)) times the direct call")
        }
        show("C calls it      ", direct)
        show("typed pointer   ", measure { calls.callTyped(calls.work) })
        show("libffi, prepared", measure { calls.callThroughLibffi(calls.code) })
        show("column, typed   ", calls.column(typed: true))
        show("column, libffi  ", calls.column(typed: false))
    }

    /// The middle of some rounds, in nanoseconds a row.
    private static func measure(_ body: () -> Double) -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        for _ in 0..<rounds {
            var sum = 0.0
            let time = clock.measure { sum = body() }
            precondition(sum.isFinite)
            times.append(Double(time.components.attoseconds) / 1e9 / Double(rows))
        }
        return times.sorted()[rounds / 2]
    }

    /// Not inlined, so that nobody knows which function the pointer is of.
    @inline(never)
    private func callTyped(_ function: @convention(c) (Double, Double) -> Double) -> Double {
        var sum = 0.0
        for row in 0..<Self.rows { sum += function(scores[row], days[row]) }
        return sum
    }

    /// With an interface that is prepared once.
    @inline(never)
    private func callThroughLibffi(_ function: UnsafeRawPointer) -> Double {
        var types: [UnsafeMutablePointer<ffi_type>?] = [lectern_ffi_double(), lectern_ffi_double()]
        var interface = ffi_cif()
        var sum = 0.0
        types.withUnsafeMutableBufferPointer { types in
            precondition(lectern_ffi_prepare(&interface, 2, lectern_ffi_double(), types.baseAddress) != 0)
            withUnsafeTemporaryAllocation(of: Double.self, capacity: 2) { values in
                withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 2) { places in
                    places[0] = UnsafeMutableRawPointer(values.baseAddress!)
                    places[1] = UnsafeMutableRawPointer(values.baseAddress! + 1)
                    var result = 0.0
                    for row in 0..<Self.rows {
                        values[0] = scores[row]
                        values[1] = days[row]
                        lectern_ffi_call(&interface, function, &result, places.baseAddress)
                        sum += result
                    }
                }
            }
        }
        return sum
    }

    /// From cells to cells, as a derived column is made.
    private func column(typed: Bool) -> Double {
        let description = FunctionDescription(
            id: "work",
            arguments: ["score", "days"].map { FunctionDescription.Argument(name: $0, type: .number) }, result: .number)
        let caller = FunctionCaller(code, description, typed: typed)
        let columns = [scores, days].map { column in FunctionColumn.cells(column.map { .number($0) }) }
        return Self.measure {
            guard case .number(let last) = caller.call(columns, rows: Self.rows).last else { return .nan }
            return last
        }
    }
}
