/// Runs one regular expression: holds the memory that this takes. Not thread-safe.
final class RegularExpressionRun {
    private typealias Instruction = RegularExpression.Instruction

    private let program: UnsafeMutableBufferPointer<RegularExpression.Instruction>
    private let ranges: UnsafeMutableBufferPointer<RegularExpression.Range>
    private let beginnings: [Bool]?
    /// The states before and after a character, and what of the program still has to be followed.
    private var states: UnsafeMutablePointer<Int32>
    private var following: UnsafeMutablePointer<Int32>
    private let open: UnsafeMutablePointer<Int32>
    /// Of each place in the program: the character at which it was reached last.
    private let reached: UnsafeMutablePointer<Int>
    private var mark = 0

    init(_ expression: RegularExpression) {
        let count = expression.program.count
        program = .allocate(capacity: count)
        _ = program.initialize(from: expression.program)
        ranges = .allocate(capacity: max(expression.ranges.count, 1))
        _ = ranges.initialize(from: expression.ranges)
        beginnings = expression.beginnings
        states = .allocate(capacity: count)
        following = .allocate(capacity: count)
        open = .allocate(capacity: count * 2 + 2)
        reached = .allocate(capacity: count)
        reached.initialize(repeating: 0, count: count)
    }

    deinit {
        program.deallocate()
        ranges.deallocate()
        states.deallocate()
        following.deallocate()
        open.deallocate()
        reached.deallocate()
    }

    /// Whether the text, which is UTF-8, has a match; nil if finding out would take more steps than `limit`.
    func matches(_ text: UnsafeRawBufferPointer, limit: Int) -> Bool? {
        var steps = limit
        var at = 0
        var count = 0
        var before: UInt32?
        while true {
            if count == 0, let beginnings {
                while at < text.count, !beginnings[Int(text[at])] {
                    before = nil
                    at += 1
                }
                if at == text.count { return false }
                if at > 0 { before = Self.scalar(before: at, in: text) }
            }
            let (scalar, length) = Self.scalar(at: at, in: text)
            // A match may begin at every character.
            mark += 1
            var next = count
            for index in 0..<count { reached[Int(states[index])] = mark }
            guard follow(0, &next, in: states, before, scalar, &steps) else { return nil }
            if next < 0 { return true }
            count = next
            guard let scalar else { return false }
            let after = Self.scalar(at: at + length, in: text).0
            mark += 1
            next = 0
            for index in 0..<count {
                let place = Int(states[index])
                steps -= 1
                guard takes(program[place], scalar) else { continue }
                guard follow(Int32(place + 1), &next, in: following, scalar, after, &steps) else { return nil }
                if next < 0 { return true }
            }
            swap(&states, &following)
            count = next
            before = scalar
            at += length
        }
    }

    /// Adds the states that are reached from a place without taking a character. `count` becomes -1 at a match. False if the
    /// steps are used up.
    @inline(__always)
    private func follow(
        _ start: Int32, _ count: inout Int, in states: UnsafeMutablePointer<Int32>, _ before: UInt32?,
        _ after: UInt32?, _ steps: inout Int
    ) -> Bool {
        var waiting = 1
        open[0] = start
        while waiting > 0 {
            waiting -= 1
            let place = Int(open[waiting])
            steps -= 1
            if steps < 0 { return false }
            if reached[place] == mark { continue }
            reached[place] = mark
            let instruction = program[place]
            func goOn() {
                open[waiting] = Int32(place + 1)
                waiting += 1
            }
            switch instruction.kind {
            case .ranges, .other, .any:
                states[count] = Int32(place)
                count += 1
            case .jump:
                open[waiting] = instruction.x
                waiting += 1
            case .split:
                open[waiting] = instruction.y
                open[waiting + 1] = instruction.x
                waiting += 2
            case .atStart: if before == nil { goOn() }
            case .atEnd: if after == nil { goOn() }
            case .atBoundary: if Self.isWord(before) != Self.isWord(after) { goOn() }
            case .offBoundary: if Self.isWord(before) == Self.isWord(after) { goOn() }
            case .match:
                count = -1
                return true
            }
        }
        return true
    }

    @inline(__always)
    private func takes(_ instruction: RegularExpression.Instruction, _ scalar: UInt32) -> Bool {
        switch instruction.kind {
        case .any: return scalar != 10
        case .ranges, .other:
            for index in Int(instruction.x)..<Int(instruction.x + instruction.y)
            where ranges[index].low <= scalar && scalar <= ranges[index].high {
                return instruction.kind == .ranges
            }
            return instruction.kind == .other
        default: return false
        }
    }

    private static func isWord(_ scalar: UInt32?) -> Bool {
        switch scalar {
        case .some(0x30...0x39), .some(0x41...0x5a), .some(0x5f), .some(0x61...0x7a): true
        default: false
        }
    }

    /// The scalar that begins at a byte and its length; nil at the end.
    @inline(__always)
    private static func scalar(at place: Int, in text: UnsafeRawBufferPointer) -> (UInt32?, Int) {
        guard place < text.count else { return (nil, 0) }
        let first = UInt32(text[place])
        if first < 0x80 { return (first, 1) }
        let length = min(first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, text.count - place)
        var value = first & (0xff >> UInt32(length + 1))
        for index in 1..<max(length, 1) { value = value << 6 | UInt32(text[place + index]) & 0x3f }
        return (value, length)
    }

    private static func scalar(before place: Int, in text: UnsafeRawBufferPointer) -> UInt32? {
        var start = place - 1
        while start > 0, text[start] & 0xc0 == 0x80 { start -= 1 }
        return start >= 0 ? scalar(at: start, in: text).0 : nil
    }
}

extension RegularExpression {
    /// Whether the text has a match; nil if finding out would take more steps than `limit`.
    package func matches(_ text: String, steps limit: Int = FilterRules.defaultSteps) -> Bool? {
        var text = text
        return text.withUTF8 { RegularExpressionRun(self).matches(UnsafeRawBufferPointer($0), limit: limit) }
    }
}
