/// Where the values of a JSON text begin and end. It looks at brackets and quotes alone: whether the text is JSON is
/// for the parser to say. Nesting is counted, not recursed into.
enum JSONStructure {
    /// A member of an object: its name as it stands, quotes included, and its value.
    struct Member {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// The index after the value that begins at `start`, or nil if the text ends before the value does.
    static func end(of text: UnsafeRawBufferPointer, valueAt start: Int) -> Int? {
        var depth = 0
        var at = start
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""):
                guard let end = endOfString(text, at) else { return nil }
                at = end
                if depth == 0 { return at }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return at }
                depth -= 1
                if depth == 0 { return at + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return at }
            case let byte where isBlank(byte):
                if depth == 0 && at > start { return at }
            default: break
            }
            at += 1
        }
        return depth == 0 ? at : nil
    }

    /// The elements of the array that `text` is, blanks around it allowed; nil if it is not closed, or more follows
    /// it. Stops at `limit` elements.
    static func elements(of text: UnsafeRawBufferPointer, limit: Int) -> [Range<Int>]? {
        var at = skipBlanks(text, 0)
        guard at < text.count, text[at] == UInt8(ascii: "[") else { return nil }
        var elements: [Range<Int>] = []
        at = skipBlanks(text, at + 1)
        if at < text.count, text[at] == UInt8(ascii: "]") {
            return skipBlanks(text, at + 1) == text.count ? [] : nil
        }
        while let end = end(of: text, valueAt: at), end > at {
            elements.append(at..<end)
            if elements.count == limit { return elements }
            at = skipBlanks(text, end)
            guard at < text.count else { return nil }
            if text[at] == UInt8(ascii: "]") { return skipBlanks(text, at + 1) == text.count ? elements : nil }
            guard text[at] == UInt8(ascii: ",") else { return nil }
            at = skipBlanks(text, at + 1)
        }
        return nil
    }

    /// The members of an object that a parser has accepted.
    static func members(of object: UnsafeRawBufferPointer) -> [Member] {
        var members: [Member] = []
        var at = skipBlanks(object, skipBlanks(object, 0) + 1)
        while at < object.count, object[at] == UInt8(ascii: "\""), let nameEnd = endOfString(object, at) {
            let valueStart = skipBlanks(object, skipBlanks(object, nameEnd) + 1)
            guard let valueEnd = end(of: object, valueAt: valueStart) else { break }
            members.append(Member(name: at..<nameEnd, value: valueStart..<valueEnd))
            at = skipBlanks(object, skipBlanks(object, valueEnd) + 1)
        }
        return members
    }

    static func skipBlanks(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var at = start
        while at < text.count, isBlank(text[at]) { at += 1 }
        return at
    }

    private static func endOfString(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var at = start + 1
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\""): return at + 1
            case UInt8(ascii: "\\"): at += 2
            default: at += 1
            }
        }
        return nil
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }
}
