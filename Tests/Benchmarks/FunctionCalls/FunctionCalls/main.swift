// Nanoseconds for a call of a function of a plugin, in one run: by C itself, through a typed pointer, through libffi, and
// as the host does it, from cells to cells.
//
//     swift run -c release function-calls
import CFFI
import CWork
import PluginHost

private let rows = 100_000
private let rounds = 41

/// The middle of some rounds, in nanoseconds a row.
private func measure(_ body: () -> Double) -> Double {
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
    for row in 0..<rows { sum += function(scores[row], days[row]) }
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
                for row in 0..<rows {
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

private let scores = (0..<rows).map { Double($0 % 101) }
private let days = (0..<rows).map { Double($0 % 30) }
private let work: @convention(c) (Double, Double) -> Double = lectern_work
private let code = unsafeBitCast(work, to: UnsafeRawPointer.self)
private let description = FunctionDescription(
    id: "work",
    arguments: ["score", "days"].map { FunctionDescription.Argument(name: $0, type: .number) }, result: .number)

private let direct = measure { lectern_work_direct(scores, days, Int64(rows)) }
private let typed = measure { callTyped(work) }
private let interface = measure { callThroughLibffi(code) }
private let columns = [scores, days].map { FunctionColumn.cells($0.map { .number($0) }) }

private func column(typed: Bool) -> Double {
    let caller = FunctionCaller(code, description, typed: typed)
    return measure {
        guard case .number(let last) = caller.call(columns, rows: rows).last else { return .nan }
        return last
    }
}

private func show(_ name: String, _ time: Double) {
    func text(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
    print("\(name)  \(text(time)) ns a call, \(text(time / direct)) times the direct call")
}

show("C calls it          ", direct)
show("typed pointer       ", typed)
show("libffi, prepared    ", interface)
show("column, typed       ", column(typed: true))
show("column, libffi      ", column(typed: false))
