/// Reads a file of rules. Not thread-safe.
struct RuleParser {
    private let text: [UInt8]
    private let file: String
    private var at = 0
    /// How deep rules may lie within each other.
    private static let deepest = 32

    init(_ text: some StringProtocol, file: String) {
        self.text = Array(text.utf8)
        self.file = file
    }

    mutating func sheet() throws(RuleError) -> [Rules.Rule] {
        var rules: [Rules.Rule] = []
        try skipSpace()
        while at < text.count {
            rules += try rule(within: [RuleSelector()], depth: 1)
            try skipSpace()
        }
        return rules
    }

    // MARK: Rules

    private mutating func rule(within outer: [RuleSelector], depth: Int) throws(RuleError) -> [Rules.Rule] {
        guard depth <= Self.deepest else { throw error("at most \(Self.deepest) rules within each other") }
        let own = try selectors()
        let all = outer.flatMap { outer in own.map { outer.and($0) } }
        try expect("{", "a type, class or attribute, or \"{\"")
        var declarations: [Rules.Declaration] = []
        var inner: [Rules.Rule] = []
        while true {
            try skipSpace()
            if take("}") { break }
            guard at < text.count else { throw error("\"}\" at the end of the rule") }
            if let declaration = try declaration() {
                declarations.append(declaration)
            } else {
                inner += try rule(within: all, depth: depth + 1)
            }
        }
        return all.map { Rules.Rule(selector: $0, declarations: declarations) } + inner
    }

    private mutating func selectors() throws(RuleError) -> [RuleSelector] {
        var selectors: [RuleSelector] = []
        repeat { selectors.append(try selector()) } while take(",")
        return selectors
    }

    private mutating func selector() throws(RuleError) -> RuleSelector {
        var selector = RuleSelector()
        var isEmpty = true
        while true {
            try skipSpace()
            if take("*") {
            } else if take(".") {
                selector.classes.insert(try name("a class's name"))
            } else if take("[") {
                let attribute = try attribute()
                if !selector.attributes.contains(attribute) { selector.attributes.append(attribute) }
            } else if let name = takeName() {
                selector.types.insert(name)
            } else {
                break
            }
            isEmpty = false
        }
        if isEmpty { throw error("a type, .class, [attribute] or *") }
        return selector
    }

    private mutating func attribute() throws(RuleError) -> RuleSelector.Attribute {
        try skipSpace()
        let name = try name("an attribute's name")
        try skipSpace()
        var value: String?
        if take("=") {
            try skipSpace()
            if let quoted = try quoted() { value = quoted } else { value = try word() }
            try skipSpace()
        }
        try expect("]", value == nil ? "= or \"]\"" : "\"]\"")
        return RuleSelector.Attribute(name: name, value: value)
    }

    /// Nil if what follows is a rule.
    private mutating func declaration() throws(RuleError) -> Rules.Declaration? {
        let start = at
        guard let property = takeName() else { return nil }
        try skipSpace()
        guard take(":") else {
            at = start
            return nil
        }
        skipBlanks()
        let value: String
        if let quoted = try quoted() { value = quoted } else { value = try unquoted() }
        try skipSpace()
        if !take(";"), peek != UInt8(ascii: "}") { throw error("\";\" after the value of \(property)") }
        return Rules.Declaration(property: property, value: value, place: place(start))
    }

    // MARK: Words

    private mutating func name(_ what: String) throws(RuleError) -> String {
        guard let name = takeName() else { throw error(what) }
        return name
    }

    private mutating func takeName() -> String? {
        guard let first = peek, Self.isLetter(first) else { return nil }
        let start = at
        while let byte = peek, Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "-") { at += 1 }
        return String(decoding: text[start..<at], as: UTF8.self)
    }

    /// An attribute's value without quotes.
    private mutating func word() throws(RuleError) -> String {
        let start = at
        while let byte = peek,
            Self.isLetter(byte) || Self.isDigit(byte) || byte >= 0x80 || "-.@+:/".utf8.contains(byte)
        {
            at += 1
        }
        guard at > start else {
            throw error("a value, in quotes if it has other characters than letters, digits and _-.@+:/")
        }
        return String(decoding: text[start..<at], as: UTF8.self)
    }

    /// Nil if there is no quote here.
    private mutating func quoted() throws(RuleError) -> String? {
        guard let quote = peek, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        let start = at
        at += 1
        var value: [UInt8] = []
        while let byte = peek {
            at += 1
            if byte == quote { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), let next = peek {
                at += 1
                value.append(next)
            } else {
                value.append(byte)
            }
        }
        at = start
        throw error("a closing quote")
    }

    /// A value up to `;`, `}` or the end of the line, without blanks at its ends and comments.
    private mutating func unquoted() throws(RuleError) -> String {
        var value: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: ";"), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "\n") {
            if byte == UInt8(ascii: "{") { throw error("\";\" after the value, or quotes around it") }
            if startsComment {
                try skipComment()
            } else {
                value.append(byte)
                at += 1
            }
        }
        let blanks: [UInt8] = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r")]
        while let last = value.last, blanks.contains(last) { value.removeLast() }
        return String(decoding: value, as: UTF8.self)
    }

    // MARK: Bytes

    private var peek: UInt8? { at < text.count ? text[at] : nil }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ byte: Unicode.Scalar, _ expected: String) throws(RuleError) {
        guard take(byte) else { throw error(expected) }
    }

    private mutating func skipBlanks() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { at += 1 }
    }

    private mutating func skipSpace() throws(RuleError) {
        while let byte = peek {
            if byte == UInt8(ascii: " ") || (9...13).contains(byte) {
                at += 1
            } else if startsComment {
                try skipComment()
            } else if text[at...].starts(with: "//".utf8) {
                while let byte = peek, byte != UInt8(ascii: "\n") { at += 1 }
            } else if at == 0, text.starts(with: [0xef, 0xbb, 0xbf]) {
                at = 3
            } else {
                return
            }
        }
    }

    private var startsComment: Bool { text[at...].starts(with: "/*".utf8) }

    private mutating func skipComment() throws(RuleError) {
        let start = at
        at += 2
        while at < text.count {
            if text[at...].starts(with: "*/".utf8) {
                at += 2
                return
            }
            at += 1
        }
        at = start
        throw error("\"*/\" at the end of the comment")
    }

    private func place(_ at: Int) -> RulePlace {
        let before = text[..<at]
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let column = String(decoding: text[start..<at], as: UTF8.self).count + 1
        return RulePlace(file: file, line: line, column: column)
    }

    /// An error at what comes next.
    private func error(_ expected: String) -> RuleError {
        let rest = String(decoding: text[at...].prefix(40), as: UTF8.self)
        let line = rest.prefix { !$0.isNewline }
        let found =
            at >= text.count ? "the end of the file" : line.isEmpty ? "the end of the line" : "“\(line.prefix(20))”"
        return RuleError(place: place(at), expected: expected, found: found)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
