/// What an operator writes for a column: a function of a plugin over columns and constants, such as
/// `forgetting(average_score, 3)`.
///
///     call      = name "(" argument ("," argument)* ")"
///     argument  = call | column | number | text | "true" | "false"
///     column    = name | "\"" characters "\""      quoted, if it is more than letters, digits, underscores and dots
///     number    = 3 | -2.5 | 1e6
///     text      = "'" characters "'"          a quote in it is written twice
package indirect enum ColumnExpression: Sendable, Equatable {
    case column(String)
    case constant(Cell)
    case call(String, [ColumnExpression])

    /// Throws unless the text is one call.
    package init(_ text: String) throws(ColumnExpressionError) {
        var parser = Parser(rest: Substring(text), whole: text)
        self = try parser.argument()
        guard case .call = self else { throw parser.error("a call of a function, such as name(column, 3)") }
        guard parser.isAtEnd else { throw parser.error("nothing after the call") }
    }
}

/// Why a text is no expression.
package struct ColumnExpressionError: Error, Equatable {
    package let expected: String
    /// What stands there instead, and where.
    package let found: String

    package init(expected: String, found: String) {
        self.expected = expected
        self.found = found
    }
}

/// Reads an expression from left to right.
private struct Parser {
    var rest: Substring
    let whole: String

    var isAtEnd: Bool {
        mutating get {
            skipSpaces()
            return rest.isEmpty
        }
    }

    func error(_ expected: String) -> ColumnExpressionError {
        let place = whole.distance(from: whole.startIndex, to: rest.startIndex) + 1
        let found = rest.isEmpty ? "its end" : "“\(rest.prefix(20))” at character \(place)"
        return ColumnExpressionError(expected: expected, found: "\(found) of “\(whole)”")
    }

    mutating func argument() throws(ColumnExpressionError) -> ColumnExpression {
        skipSpaces()
        switch rest.first {
        case "'": return .constant(.text(try quoted("'")))
        case "\"": return .column(try quoted("\""))
        case let first? where first.isASCII && (first.isNumber || first == "-" || first == "+" || first == "."):
            return .constant(try number())
        case let first? where Self.begins(first): break
        default: throw error("a column, a constant or a call")
        }
        let name = String(take { Self.begins($0) || $0.isASCII && $0.isNumber || $0 == "." })
        if take("(") { return .call(name, try arguments()) }
        switch name {
        case "true": return .constant(.boolean(true))
        case "false": return .constant(.boolean(false))
        default: return .column(name)
        }
    }

    private mutating func arguments() throws(ColumnExpressionError) -> [ColumnExpression] {
        var arguments: [ColumnExpression] = []
        if take(")") { return arguments }
        while true {
            arguments.append(try argument())
            if take(")") { return arguments }
            guard take(",") else { throw error("`,` or `)`") }
        }
    }

    private mutating func number() throws(ColumnExpressionError) -> Cell {
        let start = rest
        let digits = take { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        if let integer = Int64(digits) { return .integer(integer) }
        if digits.contains(where: \.isNumber), let number = Double(digits), number.isFinite { return .number(number) }
        rest = start
        throw error("a number")
    }

    private mutating func quoted(_ quote: Character) throws(ColumnExpressionError) -> String {
        let start = rest
        rest = rest.dropFirst()
        var text = ""
        while let next = rest.popFirst() {
            if next != quote {
                text.append(next)
            } else if rest.first == quote {
                text.append(next)
                rest = rest.dropFirst()
            } else {
                return text
            }
        }
        rest = start
        throw error("a text that ends with \(quote)")
    }

    private static func begins(_ character: Character) -> Bool {
        character.isASCII && character.isLetter || character == "_"
    }

    private mutating func take(_ belongs: (Character) -> Bool) -> Substring {
        let taken = rest.prefix(while: belongs)
        rest = rest[taken.endIndex...]
        return taken
    }

    private mutating func take(_ character: Character) -> Bool {
        skipSpaces()
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }
}
