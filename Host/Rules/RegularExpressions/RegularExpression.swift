/// A regular expression that answers whether a text has a match, in time proportional to the text's length times the
/// expression's: it is run as a set of states (Thompson's construction), and nothing is ever tried twice.
///
/// Literals, `.`, classes `[a-z]` `[^…]` `\d \w \s \D \W \S`, anchors `^ $ \b \B`, groups `(…)` `(?:…)`, `|`, `* + ? {n} {n,}
/// {n,m}`, and `(?i)` at the beginning. Letters are Unicode scalars; `\w`, `\d`, `\s` and `\b` know ASCII alone. There are no
/// references to groups and no looking ahead or back, which can't be had in that time.
///
/// Constant: any thread; what a run needs is a `RegularExpressionRun`.
package struct RegularExpression: Sendable {
    /// The longest expression, in bytes, and the longest program that repetitions may make of it.
    static let longest = 1024
    static let longestProgram = 2000

    struct Instruction: Sendable {
        enum Kind: UInt8, Sendable {
            /// Takes a scalar that is in the ranges from `x` on, `y` of them; `other` one that is not.
            case ranges, other
            case any
            /// Goes on at `x` and at `y`.
            case split
            case jump
            case atStart, atEnd, atBoundary, offBoundary
            case match
        }

        var kind: Kind
        var x: Int32 = 0
        var y: Int32 = 0
    }

    struct Range: Sendable, Equatable {
        var low: UInt32
        var high: UInt32
    }

    let program: [Instruction]
    let ranges: [Range]
    /// By a text's byte: whether a match can begin with it. Nil: a match may be empty or begin with an anchor.
    let beginnings: [Bool]?

    /// - Throws: with what is wrong in the expression.
    package init(_ pattern: String) throws(RegularExpressionError) {
        guard pattern.utf8.count <= Self.longest else {
            throw RegularExpressionError(
                found: "\(pattern.utf8.count) bytes", expected: "a regular expression of at most \(Self.longest)")
        }
        var parser = RegularExpressionParser(pattern)
        let tree = try parser.parse()
        var compiler = Compiler(ignoresCase: parser.ignoresCase)
        try compiler.compile(tree)
        try compiler.emit(Instruction(kind: .match))
        program = compiler.program
        ranges = compiler.ranges
        beginnings = Self.beginnings(program, ranges)
    }

    private static func beginnings(_ program: [Instruction], _ ranges: [Range]) -> [Bool]? {
        var bytes = [Bool](repeating: false, count: 256)
        var seen: Set<Int> = []
        var open = [0]
        while let place = open.popLast() {
            guard seen.insert(place).inserted else { continue }
            let instruction = program[place]
            switch instruction.kind {
            case .split: open += [Int(instruction.x), Int(instruction.y)]
            case .jump: open.append(Int(instruction.x))
            case .ranges:
                for range in ranges[Int(instruction.x)..<Int(instruction.x + instruction.y)] {
                    if range.low < 0x80 { for byte in range.low...min(range.high, 0x7f) { bytes[Int(byte)] = true } }
                    if range.high >= 0x80 { for byte in 0x80..<0x100 { bytes[byte] = true } }
                }
            case .other, .any: return nil
            case .atStart, .atEnd, .atBoundary, .offBoundary, .match: return nil
            }
        }
        return bytes
    }
}

/// What is wrong with a regular expression.
package struct RegularExpressionError: Error, Equatable {
    package let found: String
    package let expected: String
}

extension RegularExpression {
    /// What an expression is made of.
    indirect enum Node {
        case empty
        case scalars([Range], isNegated: Bool)
        case any
        case anchor(Instruction.Kind)
        case sequence([Node])
        case either([Node])
        /// `most` nil: without end.
        case repeated(Node, least: Int, most: Int?)
    }

    private struct Compiler {
        let ignoresCase: Bool
        private(set) var program: [Instruction] = []
        private(set) var ranges: [Range] = []

        init(ignoresCase: Bool) { self.ignoresCase = ignoresCase }

        mutating func emit(_ instruction: Instruction) throws(RegularExpressionError) {
            guard program.count < RegularExpression.longestProgram else {
                throw RegularExpressionError(
                    found: "repetitions that make it too long", expected: "fewer of them, or smaller numbers in { }")
            }
            program.append(instruction)
        }

        private var next: Int32 { Int32(program.count) }

        mutating func compile(_ node: Node) throws(RegularExpressionError) {
            switch node {
            case .empty: break
            case .any: try emit(Instruction(kind: .any))
            case .anchor(let kind): try emit(Instruction(kind: kind))
            case .scalars(let scalars, let isNegated):
                let all = ignoresCase ? scalars + scalars.flatMap(\.otherCases) : scalars
                try emit(
                    Instruction(
                        kind: isNegated ? .other : .ranges, x: Int32(ranges.count), y: Int32(all.count)))
                ranges += all
            case .sequence(let nodes): for node in nodes { try compile(node) }
            case .either(let nodes): try either(nodes)
            case .repeated(let node, let least, let most): try repeated(node, least, most)
            }
        }

        private mutating func either(_ nodes: [Node]) throws(RegularExpressionError) {
            var ends: [Int] = []
            for (index, node) in nodes.enumerated() {
                guard index < nodes.count - 1 else {
                    try compile(node)
                    break
                }
                let split = program.count
                try emit(Instruction(kind: .split, x: next + 1))
                try compile(node)
                ends.append(program.count)
                try emit(Instruction(kind: .jump))
                program[split].y = next
            }
            for end in ends { program[end].x = next }
        }

        private mutating func repeated(_ node: Node, _ least: Int, _ most: Int?) throws(RegularExpressionError) {
            for _ in 0..<least {
                let before = program.count
                try compile(node)
                // A thousand times nothing, a thousand times, would take long to be nothing.
                if program.count == before { break }
            }
            guard let most else {
                let split = program.count
                try emit(Instruction(kind: .split, x: next + 1))
                try compile(node)
                try emit(Instruction(kind: .jump, x: Int32(split)))
                program[split].y = next
                return
            }
            var splits: [Int] = []
            for _ in least..<max(least, most) {
                splits.append(program.count)
                try emit(Instruction(kind: .split, x: next + 1))
                try compile(node)
            }
            for split in splits { program[split].y = next }
        }
    }
}

extension RegularExpression.Range {
    /// The letters of these in the other case, for ASCII by ranges, beyond it for single letters.
    fileprivate var otherCases: [Self] {
        var found: [Self] = []
        for (low, high, shift) in [(0x41, 0x5a, 0x20), (0x61, 0x7a, -0x20)] as [(UInt32, UInt32, Int32)] {
            let (from, to) = (max(low, self.low), min(high, self.high))
            guard from <= to else { continue }
            found.append(
                Self(low: UInt32(Int32(from) + shift), high: UInt32(Int32(to) + shift)))
        }
        if low == high, low >= 0x80, let scalar = Unicode.Scalar(low) {
            for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
                if text.unicodeScalars.count == 1, let other = text.unicodeScalars.first, other != scalar {
                    found.append(Self(low: other.value, high: other.value))
                }
            }
        }
        return found
    }
}
