/// Markup that is safe to send: what is interpolated into a literal is escaped, unless it is markup itself. There is no
/// other way to make one, so text from events can't become markup. Attributes' values must stand in double quotes.
package struct HTML: ExpressibleByStringInterpolation, Sendable, Equatable {
    package private(set) var text: String

    package init(stringLiteral text: String) { self.text = text }

    package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

        package mutating func appendLiteral(_ literal: String) { text += literal }

        package mutating func appendInterpolation(_ text: String) { self.text.append(escaping: text) }

        package mutating func appendInterpolation(_ integer: some BinaryInteger) { text += "\(integer)" }

        package mutating func appendInterpolation(_ html: HTML) { text += html.text }

        package mutating func appendInterpolation(_ items: [HTML]) {
            for item in items { text += item.text }
        }
    }

    /// Plain text in which backquotes surround code.
    static func prose(_ text: String) -> HTML {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false).map(String.init)
        let pieces = parts.enumerated().map { index, part -> HTML in
            let isCode = index % 2 == 1 && index < parts.count - 1
            return isCode ? "<code>\(part)</code>" : index % 2 == 1 ? "`\(part)" : "\(part)"
        }
        return "\(pieces)"
    }

    /// The markup, or nothing.
    static func when(_ condition: Bool, _ html: @autoclosure () -> HTML) -> HTML { condition ? html() : "" }
}

extension String {
    fileprivate mutating func append(escaping text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": self += "&amp;"
            case "<": self += "&lt;"
            case ">": self += "&gt;"
            case "\"": self += "&quot;"
            case "'": self += "&#39;"
            default: unicodeScalars.append(scalar)
            }
        }
    }
}
