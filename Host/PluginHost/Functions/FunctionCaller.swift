import CPluginAPI

/// Calls a C function of a plugin for whole columns.
///
/// Safe to share: it is constant, code is never unloaded, and a function may be called on any thread, several at once.
package struct FunctionCaller: @unchecked Sendable {
    private let code: UnsafeRawPointer
    private let arguments: [FunctionDescription.Argument]
    private let result: ColumnType
    private let way: Way

    /// How a function of some types is called. Those that are common have a typed call, which costs a tenth of libffi's.
    private enum Way {
        case numberOfNumber
        case numberOfTwoNumbers
        case numberOfThreeNumbers
        case booleanOfNumber
        case textOfNumber
        case integerOfInteger
        case integerOfTwoIntegers
        case numberOfInteger
        case textOfText
        case interface(CallInterface)

        init?(typed arguments: [ColumnType], _ result: ColumnType) {
            switch (arguments, result) {
            case ([.number], .number): self = .numberOfNumber
            case ([.number, .number], .number): self = .numberOfTwoNumbers
            case ([.number, .number, .number], .number): self = .numberOfThreeNumbers
            case ([.number], .boolean): self = .booleanOfNumber
            case ([.number], .text): self = .textOfNumber
            case ([.integer], .integer): self = .integerOfInteger
            case ([.integer, .integer], .integer): self = .integerOfTwoIntegers
            case ([.integer], .number): self = .numberOfInteger
            case ([.text], .text): self = .textOfText
            default: return nil
            }
        }
    }

    /// - Parameters:
    ///   - code: a C function of the described types, which stays loaded for good.
    ///   - typed: false: through libffi whatever its types are, to compare the two.
    package init(_ code: UnsafeRawPointer, _ description: FunctionDescription, typed: Bool = true) {
        self.code = code
        arguments = description.arguments
        result = description.result
        let types = arguments.map(\.type)
        way =
            (typed ? Way(typed: types, result) : nil) ?? .interface(CallInterface(arguments: types, result: result))
    }

    /// Whether its types have a call of their own, without libffi.
    package var isTyped: Bool { if case .interface = way { false } else { true } }

    /// Calls it for one row at a time.
    func rowCaller() -> any RowCalling { RowCaller(code, arguments, result) }

    /// Calls the function for each row. A row with a null where the function takes none gives null without a call.
    ///
    /// - Parameter columns: one for each argument, of its type; a cell of another type counts as null, except that an
    ///   integer will do for a number and a time for an integer.
    package func call(_ columns: [FunctionColumn], rows: Int) -> [Cell] {
        precondition(columns.count == arguments.count)
        var skipped = Array(repeating: false, count: rows)
        let memory = zip(columns, arguments).map { ArgumentMemory($0, of: $1, rows: rows, skipped: &skipped) }
        switch way {
        case .numberOfNumber:
            let function = unsafeBitCast(code, to: (@convention(c) (Double) -> Double).self)
            let a = memory[0]
            return each(skipped) { .finite(function(a.number($0))) }
        case .numberOfTwoNumbers:
            let function = unsafeBitCast(code, to: (@convention(c) (Double, Double) -> Double).self)
            let (a, b) = (memory[0], memory[1])
            return each(skipped) { .finite(function(a.number($0), b.number($0))) }
        case .numberOfThreeNumbers:
            let function = unsafeBitCast(code, to: (@convention(c) (Double, Double, Double) -> Double).self)
            let (a, b, c) = (memory[0], memory[1], memory[2])
            return each(skipped) { .finite(function(a.number($0), b.number($0), c.number($0))) }
        case .booleanOfNumber:
            let function = unsafeBitCast(code, to: (@convention(c) (Double) -> Bool).self)
            let a = memory[0]
            return each(skipped) { .boolean(function(a.number($0))) }
        case .textOfNumber:
            let function = unsafeBitCast(code, to: (@convention(c) (Double) -> lectern_text).self)
            let a = memory[0]
            return each(skipped) { .copied(function(a.number($0))) }
        case .integerOfInteger:
            let function = unsafeBitCast(code, to: (@convention(c) (Int64) -> Int64).self)
            let a = memory[0]
            return each(skipped) { .integer(function(a.integer($0))) }
        case .integerOfTwoIntegers:
            let function = unsafeBitCast(code, to: (@convention(c) (Int64, Int64) -> Int64).self)
            let (a, b) = (memory[0], memory[1])
            return each(skipped) { .integer(function(a.integer($0), b.integer($0))) }
        case .numberOfInteger:
            let function = unsafeBitCast(code, to: (@convention(c) (Int64) -> Double).self)
            let a = memory[0]
            return each(skipped) { .finite(function(a.integer($0))) }
        case .textOfText:
            let function = unsafeBitCast(code, to: (@convention(c) (lectern_text) -> lectern_text).self)
            let a = memory[0]
            return each(skipped) { .copied(function(a.text($0))) }
        case .interface(let interface):
            return call(interface, memory, skipped)
        }
    }

    private func call(_ interface: CallInterface, _ memory: [ArgumentMemory], _ skipped: [Bool]) -> [Cell] {
        let count = memory.count
        return withUnsafeTemporaryAllocation(of: (start: UnsafeMutableRawPointer, stride: Int).self, capacity: count) {
            places in
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: count) { values in
                withUnsafeTemporaryAllocation(byteCount: CallInterface.resultSize, alignment: 16) { room in
                    for (index, argument) in memory.enumerated() {
                        places.initializeElement(at: index, to: (argument.start, argument.stride))
                    }
                    let start = room.baseAddress!
                    defer { withExtendedLifetime(memory) {} }
                    return each(skipped) { row in
                        for index in 0..<count {
                            let place = places[index]
                            values.initializeElement(at: index, to: place.start + row &* place.stride)
                        }
                        interface.call(code, values.baseAddress!, start)
                        return cell(start)
                    }
                }
            }
        }
    }

    /// What libffi has written.
    @inline(__always)
    private func cell(_ start: UnsafeMutableRawPointer) -> Cell {
        switch result {
        case .number: .finite(start.load(as: Double.self))
        case .integer: .integer(start.load(as: Int64.self))
        case .time: .time(start.load(as: Int64.self))
        // Small results come as a whole register, of which the lowest byte counts.
        case .boolean: .boolean(UInt8(truncatingIfNeeded: start.load(as: UInt.self)) != 0)
        case .text: .copied(start.load(as: lectern_text.self))
        }
    }

    @inline(__always)
    private func each(_ skipped: [Bool], _ call: (Int) -> Cell) -> [Cell] {
        skipped.indices.map { skipped[$0] ? .null : call($0) }
    }
}

extension Cell {
    /// A number as a table may hold it: one that is not finite is null.
    fileprivate static func finite(_ number: Double) -> Cell { number.isFinite ? .number(number) : .null }

    /// A copy of a function's text: null if it has no start.
    fileprivate static func copied(_ text: lectern_text) -> Cell { text.start == nil ? .null : .text(text.string) }
}
