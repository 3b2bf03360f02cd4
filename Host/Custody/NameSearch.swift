import EventLog
import Records

/// Finds the names of students in what records hold, and puts their pseudonyms in their places, byte for byte as long.
///
/// A name counts where it stands as a word of its own: `s-1` is not found in `s-12`. Where it is a part of a longer name
/// (`s-1-essay`, `s-1@school.example`), it counts unless that is the name of somebody else. In JSON it counts within texts
/// alone: a number is no name. Not thread-safe.
struct NameSearch {
    private struct Name {
        let student: Int
        let characters: [Unicode.Scalar]
        /// The digits of the id's pseudonym, which stand for the name.
        let digits: [UInt8]
    }

    private struct Base64 {
        let student: Int
        let pattern: [UInt8]
        let replacement: [UInt8]
    }

    private let names: [Name]
    private let base64: [Base64]
    private let identity: LogIdentity
    /// Whether a name, or its Base64, may begin with a byte.
    private var begins = [Bool](repeating: false, count: 256)
    private var beginsBase64 = [Bool](repeating: false, count: 256)
    /// Pseudonyms of others.
    private let others: Set<UInt64>
    private let prefixes: [String]

    /// A name of fewer bytes is not looked for: it would be found everywhere.
    static let shortest = 3
    /// Base64 of fewer characters is not looked for.
    private static let shortestBase64 = 6

    /// - Parameters:
    ///   - others: the pseudonyms of the actors that are not to be taken for one of the students.
    ///   - prefixes: what methods of authentication put before ids.
    init(
        _ students: [(names: StudentNames, pseudonym: UInt64)], others: Set<UInt64>, prefixes: [String],
        _ identity: LogIdentity
    ) {
        self.others = others
        self.prefixes = prefixes
        self.identity = identity
        var names: [Name] = []
        var base64: [Base64] = []
        for (student, known) in students.enumerated() {
            let digits = Array(PseudonymText.text(known.pseudonym).utf8)
            for name in known.names.names where name.utf8.count >= Self.shortest {
                names.append(Name(student: student, characters: Array(name.unicodeScalars), digits: digits))
            }
            for bytes in known.names.ids.map({ Array($0.utf8) }) where bytes.count >= Self.shortest {
                let substitute = (0..<bytes.count).map { digits[$0 % digits.count] }
                for alignment in 0..<3 {
                    for alphabet in [Self.alphabet, Self.urlAlphabet] {
                        let pattern = Self.core(bytes, alignment, alphabet)
                        guard pattern.count >= Self.shortestBase64, !base64.contains(where: { $0.pattern == pattern })
                        else { continue }
                        let replacement = Self.core(substitute, alignment, alphabet)
                        base64.append(Base64(student: student, pattern: pattern, replacement: replacement))
                    }
                }
            }
        }
        // `tc-testcase-ada` before `ada`.
        self.names = names.sorted { $0.characters.count > $1.characters.count }
        self.base64 = base64
        for name in names {
            let first = name.characters[0]
            for byte in String(Character(first)).utf8.prefix(1) { begins[Int(byte)] = true }
            if first == " " { begins[Int(UInt8(ascii: "+"))] = true }
        }
        begins[Int(UInt8(ascii: "%"))] = !names.isEmpty
        begins[Int(UInt8(ascii: "\\"))] = !names.isEmpty
        for found in base64 { beginsBase64[Int(found.pattern[0])] = true }
    }

    var isEmpty: Bool { names.isEmpty }

    /// Replaces all names.
    /// - Parameter isJSON: only within texts.
    /// - Returns: the students that were named.
    func replace(_ bytes: UnsafeMutableRawBufferPointer, isJSON: Bool) -> Set<Int> {
        guard !isEmpty, !bytes.isEmpty else { return [] }
        let text = EscapedText(UnsafeRawBufferPointer(bytes))
        var found: Set<Int> = []
        var texts = JSONTexts(bytes: text.bytes)
        var at = 0
        while at < text.count {
            let byte = Int(text.bytes[at])
            if begins[byte], let (name, end) = name(in: text, at), !isJSON || texts.contains(at) {
                for index in at..<end { bytes[index] = name.digits[(index - at) % name.digits.count] }
                found.insert(name.student)
                at = end
            } else if beginsBase64[byte], let match = base64(in: text, at) {
                for (index, byte) in match.replacement.enumerated() { bytes[at + index] = byte }
                found.insert(match.student)
                at += match.pattern.count
            } else {
                at += 1
            }
        }
        return found
    }

    /// The same of a text; the names that it holds are gone from what comes back.
    func replace(_ text: String, isJSON: Bool) -> (text: String, students: Set<Int>) {
        var bytes = Array(text.utf8)
        let found = bytes.withUnsafeMutableBytes { replace($0, isJSON: isJSON) }
        return (found.isEmpty ? text : String(decoding: bytes, as: UTF8.self), found)
    }

    // MARK: Names

    private func name(in text: EscapedText, _ at: Int) -> (Name, end: Int)? {
        for name in names {
            guard let end = end(of: name, in: text, at), stands(in: text, at, end) else { continue }
            return (name, end)
        }
        return nil
    }

    private func end(of name: Name, in text: EscapedText, _ start: Int) -> Int? {
        var at = start
        for character in name.characters {
            guard let end = text.end(of: character, at: at) else { return nil }
            at = end
        }
        return at
    }

    /// Whether what lies there is a name and no part of another one.
    private func stands(in text: EscapedText, _ start: Int, _ end: Int) -> Bool {
        if let (before, _) = text.character(endingAt: start), before.isPartOfWord { return false }
        if let (after, _) = text.character(at: end), after.isPartOfWord { return false }
        let whole = wholeName(in: text, start, end)
        guard let whole else { return true }
        return ![whole, StudentNames.unquote(whole)].contains { name in
            StudentNames([name], prefixes: prefixes).actors(identity).contains(where: others.contains)
        }
    }

    /// The longer name that the one there is a part of; nil: it is none.
    private func wholeName(in text: EscapedText, _ start: Int, _ end: Int) -> String? {
        var characters: [Unicode.Scalar] = []
        var at = start
        while at < end, let (character, next) = text.character(at: at) {
            characters.append(character)
            at = next
        }
        let own = characters.count
        var first = start
        while let (joint, begin) = text.character(endingAt: first), joint.isPartOfWord || joint.isJoint {
            if joint.isJoint {
                guard let (before, _) = text.character(endingAt: begin), before.isPartOfWord else { break }
            }
            characters.insert(joint, at: 0)
            first = begin
        }
        var last = end
        while let (joint, next) = text.character(at: last), joint.isPartOfWord || joint.isJoint {
            if joint.isJoint { guard let (after, _) = text.character(at: next), after.isPartOfWord else { break } }
            characters.append(joint)
            last = next
        }
        guard characters.count > own else { return nil }
        var whole = String.UnicodeScalarView()
        whole.append(contentsOf: characters)
        return String(whole)
    }

    // MARK: Base64

    private func base64(in text: EscapedText, _ at: Int) -> Base64? {
        base64.first { match in
            at + match.pattern.count <= text.count
                && match.pattern.indices.allSatisfy { text.bytes[at + $0] == match.pattern[$0] }
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let urlAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The characters that stand for the bytes alone, if so many bytes precede them in their group of three.
    static func core(_ bytes: [UInt8], _ alignment: Int, _ alphabet: [UInt8]) -> [UInt8] {
        let first = (alignment * 8 + 5) / 6
        let end = (alignment + bytes.count) * 8 / 6
        guard first < end else { return [] }
        return (first..<end).map { index in
            var value = 0
            for bit in index * 6..<index * 6 + 6 {
                let byte = bytes[bit / 8 - alignment]
                value = value << 1 | Int(byte >> UInt8(7 - bit % 8) & 1)
            }
            return alphabet[value]
        }
    }
}

extension Unicode.Scalar {
    /// A name goes on with it.
    fileprivate var isPartOfWord: Bool {
        if isASCII {
            switch UInt8(value) {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return true
            default: return false
            }
        }
        return properties.isAlphabetic
    }

    /// A name goes on with it if a letter or digit follows.
    fileprivate var isJoint: Bool { self == "-" || self == "_" || self == "." || self == "@" }
}

/// Where the texts of a piece of JSON lie. Asked for places in their order.
private struct JSONTexts {
    let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var isText = false

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func contains(_ place: Int) -> Bool {
        while at < place {
            switch bytes[at] {
            case UInt8(ascii: "\\") where isText: at += 1
            case UInt8(ascii: "\""): isText.toggle()
            default: break
            }
            at += 1
        }
        return isText
    }
}
