import Glibc

/// What a command says to people: on standard error, in colour only on a terminal.
enum Terminal {
    /// Whether standard error is a terminal that takes colour.
    static let isColourful = isatty(2) == 1 && getenv("NO_COLOR") == nil

    static func note(_ text: String) { write("\(text)\n") }

    static func warn(_ text: String) { write("\(paint("warning", "33")): \(text)\n") }

    static func fail(_ text: String) { write("\(paint("error", "31;1")): \(text)\n") }

    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }

    private static func paint(_ text: String, _ code: String) -> String {
        isColourful ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
