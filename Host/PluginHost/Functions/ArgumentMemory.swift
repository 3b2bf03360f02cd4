import CPluginAPI

/// The values of one argument as C has them, row after row, for the time of a call. Confined to the thread that calls.
final class ArgumentMemory {
    /// The first row's value.
    let start: UnsafeMutableRawPointer
    /// Bytes from one row's value to the next one's; 0 if all rows have the same.
    let stride: Int
    private var letters: UnsafeMutablePointer<UInt8>?

    /// Marks in `skipped` the rows whose value is null, or of another type, unless the argument may be null.
    init(_ column: FunctionColumn, of argument: FunctionDescription.Argument, rows: Int, skipped: inout [Bool]) {
        let size = argument.type == .text ? MemoryLayout<lectern_text>.stride : MemoryLayout<Int64>.stride
        let count: Int
        if case .constant = column { (count, stride) = (1, 0) } else { (count, stride) = (rows, size) }
        start = .allocate(byteCount: max(count * size, 1), alignment: 16)
        start.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
        if argument.type == .text {
            fillTexts(column, argument, count, rows, &skipped)
            return
        }
        for row in 0..<count {
            let place = start + row * size
            switch (argument.type, column[row]) {
            case (.number, .number(let value)): place.storeBytes(of: value, as: Double.self)
            case (.number, .integer(let value)): place.storeBytes(of: Double(value), as: Double.self)
            case (.integer, .integer(let value)), (.integer, .time(let value)), (.time, .time(let value)):
                place.storeBytes(of: value, as: Int64.self)
            case (.boolean, .boolean(let value)): place.storeBytes(of: value, as: Bool.self)
            default:
                if argument.isNullable, argument.type == .number {
                    place.storeBytes(of: .nan, as: Double.self)
                } else {
                    skip(row, rows, &skipped)
                }
            }
        }
    }

    deinit {
        start.deallocate()
        letters?.deallocate()
    }

    /// All texts lie in one piece of memory, which does not move while they are called with.
    private func fillTexts(
        _ column: FunctionColumn, _ argument: FunctionDescription.Argument, _ count: Int, _ rows: Int,
        _ skipped: inout [Bool]
    ) {
        var length = 0
        for row in 0..<count { if case .text(let text) = column[row] { length += text.utf8.count } }
        let letters = UnsafeMutablePointer<UInt8>.allocate(capacity: max(length, 1))
        self.letters = letters
        let texts = start.bindMemory(to: lectern_text.self, capacity: max(count, 1))
        var used = 0
        for row in 0..<count {
            guard case .text(var text) = column[row] else {
                if !argument.isNullable { skip(row, rows, &skipped) }
                continue
            }
            // An empty text has a start as well: one without is null.
            texts[row].start = UnsafeRawPointer(letters + used).assumingMemoryBound(to: CChar.self)
            text.withUTF8 { bytes in
                if let base = bytes.baseAddress { (letters + used).update(from: base, count: bytes.count) }
                texts[row].length = UInt64(bytes.count)
                used += bytes.count
            }
        }
    }

    /// A constant that is null is null in each row.
    private func skip(_ row: Int, _ rows: Int, _ skipped: inout [Bool]) {
        if stride > 0 { skipped[row] = true } else { for row in 0..<rows { skipped[row] = true } }
    }

    @inline(__always)
    func number(_ row: Int) -> Double { start.load(fromByteOffset: row &* stride, as: Double.self) }
    @inline(__always)
    func integer(_ row: Int) -> Int64 { start.load(fromByteOffset: row &* stride, as: Int64.self) }
    @inline(__always)
    func text(_ row: Int) -> lectern_text { start.load(fromByteOffset: row &* stride, as: lectern_text.self) }
}
