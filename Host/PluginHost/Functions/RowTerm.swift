import CPluginAPI
import Records

/// Calls functions of this process over columns, constants and each other's results.
final class RowTerm: RowCalling {
    private enum Argument {
        case column(Int)
        /// It stands among the values already.
        case constant
        case call(RowTerm)
    }

    private let caller: any RowCalling
    private let arguments: [Argument]
    private let values: UnsafeMutablePointer<lectern_value>
    private var texts: [UnsafeMutableBufferPointer<CChar>] = []
    /// The text of the last result, where it is an argument of another call.
    private var kept = Bytes()

    /// - Parameter term: a call, all of whose functions are of this process.
    init(_ term: FunctionTerm) {
        guard case .call(let function, let terms) = term, let caller = function.rowCaller?() else {
            preconditionFailure("expected a call of functions of this process, found \(term)")
        }
        self.caller = caller
        values = .allocate(capacity: max(terms.count, 1))
        values.initialize(repeating: lectern_value(), count: max(terms.count, 1))
        arguments = terms.map { term in
            switch term {
            case .column(let index): .column(index)
            case .constant: .constant
            case .call: .call(RowTerm(term))
            }
        }
        for (index, term) in terms.enumerated() {
            if case .constant(let cell) = term { values[index] = value(cell) }
        }
    }

    deinit {
        values.deallocate()
        for text in texts { text.deallocate() }
    }

    func call(_ given: UnsafePointer<lectern_value>) -> lectern_value {
        for (index, argument) in arguments.enumerated() {
            switch argument {
            case .column(let column): values[index] = given[column]
            case .constant: break
            case .call(let term): values[index] = term.keptCall(given)
            }
        }
        return caller.call(values)
    }

    /// As `call`, but a text stays valid when the same function is called for another argument.
    private func keptCall(_ given: UnsafePointer<lectern_value>) -> lectern_value {
        var value = call(given)
        guard let text = value.text else { return value }
        kept.truncate()
        kept.append(text)
        // A text that is empty has a start as well: one without is null.
        kept.append(byte: 0)
        value.as.text = UnsafePointer(kept.contents.baseAddress?.assumingMemoryBound(to: CChar.self))
        return value
    }

    /// A constant, whose text stays where it is.
    private func value(_ cell: Cell) -> lectern_value {
        var value = lectern_value()
        switch cell {
        case .null: value.tag = LECTERN_NULL
        case .boolean(let isTrue): value.tag = isTrue ? LECTERN_TRUE : LECTERN_FALSE
        case .integer(let number), .time(let number):
            value.tag = LECTERN_INTEGER
            value.as.integer = number
        case .number(let number):
            value.tag = LECTERN_NUMBER
            value.as.number = number
        case .text(let text):
            let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(text.utf8.count, 1))
            for (index, byte) in text.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
            texts.append(bytes)
            value.tag = LECTERN_TEXT
            value.length = UInt32(text.utf8.count)
            value.as.text = UnsafePointer(bytes.baseAddress)
        }
        return value
    }
}
