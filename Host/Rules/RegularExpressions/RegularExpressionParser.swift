/// Reads a regular expression.
struct RegularExpressionParser {
    private let text: [Unicode.Scalar]
    private var at = 0
    private(set) var ignoresCase = false
    private var depth = 0

    private typealias Node = RegularExpression.Node
    private typealias Range = RegularExpression.Range

    /// How deep groups may lie within each other, and the highest number in { }.
    private static let deepest = 32
    private static let most = 1000

    init(_ pattern: String) { text = Array(pattern.unicodeScalars) }

    mutating func parse() throws(RegularExpressionError) -> RegularExpression.Node {
        if text.starts(with: "(?i)".unicodeScalars) {
            ignoresCase = true
            at = 4
        }
        let node = try either()
        if at < text.count { throw error("an expression", found: "“)” without “(”") }
        return node
    }

    private mutating func either() throws(RegularExpressionError) -> RegularExpression.Node {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .either(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> RegularExpression.Node {
        var nodes: [RegularExpression.Node] = []
        while let next = peek, next != "|", next != ")" {
            let node = try atom()
            nodes.append(try repetition(of: node))
        }
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    private mutating func repetition(of node: RegularExpression.Node) throws(RegularExpressionError)
        -> RegularExpression.Node
    {
        var node = node
        var isRepeated = false
        while let next = peek {
            let count: (Int, Int?)
            switch next {
            case "*": count = (0, nil)
            case "+": count = (1, nil)
            case "?": count = (0, 1)
            case "{": count = try braces()
            default: return node
            }
            if isRepeated { throw error("one repetition", found: "two, one after the other") }
            if case .anchor = node { throw error("something to repeat", found: "the repetition of an anchor") }
            if next != "{" { at += 1 }
            // Whether as little as possible is taken makes no difference to whether there is a match.
            _ = take("?")
            node = .repeated(node, least: count.0, most: count.1)
            isRepeated = true
        }
        return node
    }

    private mutating func braces() throws(RegularExpressionError) -> (Int, Int?) {
        at += 1
        guard let least = number() else { throw error("a number after “{”, or “\\{”") }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else { throw error("“}”") }
        guard least <= Self.most, most ?? 0 <= Self.most, least <= most ?? least else {
            throw error("numbers up to \(Self.most), the first not above the second", found: "other numbers in { }")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let next = peek, ("0"..."9").contains(next) {
            value = min((value ?? 0) * 10 + Int(next.value - 48), 1 << 20)
            at += 1
        }
        return value
    }

    private mutating func atom() throws(RegularExpressionError) -> RegularExpression.Node {
        let next = text[at]
        switch next {
        case "*", "+", "?", "{": throw error("something to repeat before “\(next)”", found: "nothing")
        case "(":
            at += 1
            return try group()
        case "[":
            at += 1
            return try scalarClass()
        case ".":
            at += 1
            return .any
        case "^":
            at += 1
            return .anchor(.atStart)
        case "$":
            at += 1
            return .anchor(.atEnd)
        case "\\":
            at += 1
            if take("b") { return .anchor(.atBoundary) }
            if take("B") { return .anchor(.offBoundary) }
            let (ranges, isNegated) = try escape()
            return .scalars(ranges, isNegated: isNegated)
        default:
            at += 1
            return .scalars([Range(low: next.value, high: next.value)], isNegated: false)
        }
    }

    private mutating func group() throws(RegularExpressionError) -> RegularExpression.Node {
        if take("?"), !take(":") {
            throw error("a group “(…)” or “(?:…)”", found: "“(?\(peek.map { String($0) } ?? "")”, which there is not")
        }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("at most \(Self.deepest) groups within each other") }
        let node = try either()
        guard take(")") else { throw error("“)” at the end of the group") }
        return node
    }

    /// What stands after a backslash.
    private mutating func escape() throws(RegularExpressionError) -> ([RegularExpression.Range], isNegated: Bool) {
        guard let next = peek else { throw error("a character after “\\”") }
        at += 1
        func one(_ value: UInt32) -> ([RegularExpression.Range], isNegated: Bool) {
            ([Range(low: value, high: value)], false)
        }
        switch next {
        case "d": return (Self.digits, false)
        case "D": return (Self.digits, true)
        case "w": return (Self.word, false)
        case "W": return (Self.word, true)
        case "s": return (Self.space, false)
        case "S": return (Self.space, true)
        case "n": return one(10)
        case "r": return one(13)
        case "t": return one(9)
        case "x":
            guard at + 2 <= text.count,
                let value = UInt32(String(String.UnicodeScalarView(text[at..<at + 2])), radix: 16)
            else { throw error("two hexadecimal digits after “\\x”") }
            at += 2
            return one(value)
        case "a"..."z", "A"..."Z", "0"..."9":
            throw error(
                "\\d \\w \\s \\D \\W \\S \\b \\B \\n \\r \\t \\xHH or a sign", found: "“\\\(next)”, which there is not")
        default: return one(next.value)
        }
    }

    private static let digits = [RegularExpression.Range(low: 0x30, high: 0x39)]
    private static let word =
        digits + [
            RegularExpression.Range(low: 0x41, high: 0x5a), RegularExpression.Range(low: 0x5f, high: 0x5f),
            RegularExpression.Range(low: 0x61, high: 0x7a),
        ]
    private static let space = [
        RegularExpression.Range(low: 9, high: 13), RegularExpression.Range(low: 32, high: 32),
    ]

    private mutating func scalarClass() throws(RegularExpressionError) -> RegularExpression.Node {
        let isNegated = take("^")
        var ranges: [RegularExpression.Range] = []
        var isFirst = true
        while true {
            guard let next = peek else { throw error("“]” at the end of the class") }
            if next == "]", !isFirst { break }
            isFirst = false
            let low = try member()
            if low.count == 1, low[0].low == low[0].high, peek == "-", at + 1 < text.count, text[at + 1] != "]" {
                at += 1
                let high = try member()
                guard high.count == 1, high[0].low == high[0].high, low[0].low <= high[0].low else {
                    throw error("a range whose first character is not above its last", found: "another one in [ ]")
                }
                ranges.append(Range(low: low[0].low, high: high[0].low))
            } else {
                ranges += low
            }
        }
        at += 1
        return .scalars(ranges, isNegated: isNegated)
    }

    private mutating func member() throws(RegularExpressionError) -> [RegularExpression.Range] {
        let next = text[at]
        at += 1
        guard next == "\\" else { return [Range(low: next.value, high: next.value)] }
        let (ranges, isNegated) = try escape()
        if isNegated { throw error("\\d, \\w or \\s in [ ]", found: "a class that is negated, in a class") }
        return ranges
    }

    private var peek: Unicode.Scalar? { at < text.count ? text[at] : nil }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        at += 1
        return true
    }

    private func error(_ expected: String, found: String? = nil) -> RegularExpressionError {
        let rest = String(String.UnicodeScalarView(text[min(at, text.count)...].prefix(20)))
        let place = rest.isEmpty ? "the end" : "“\(rest)”"
        return RegularExpressionError(
            found: "\(found ?? place), at character \(at + 1) of the expression", expected: expected)
    }
}
