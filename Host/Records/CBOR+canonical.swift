extension CBOR {
    /// Why the bytes are not exactly one item in core deterministic encoding (RFC 8949, section 4.2), with the place of
    /// the first mistake; nil if they are.
    package static func canonicalProblem(in item: [UInt8]) -> String? {
        var check = CanonicalCheck(bytes: item)
        do throws(CanonicalCheck.Problem) {
            try check.item(depth: 0)
            guard check.at == item.count else {
                throw check.problem(at: check.at, "the end", found: "\(item.count - check.at) bytes more")
            }
            return nil
        } catch {
            return error.description
        }
    }
}

/// Walks over an item and stops at the first byte that core deterministic encoding does not have there.
private struct CanonicalCheck {
    struct Problem: Error, CustomStringConvertible { let description: String }

    let bytes: [UInt8]
    var at = 0

    func problem(at place: Int, _ expected: String, found: String) -> Problem {
        Problem(description: "byte \(place): expected \(expected), found \(found)")
    }

    mutating func item(depth: Int) throws(Problem) {
        let start = at
        guard depth <= 64 else { throw problem(at: start, "at most 64 levels", found: "more") }
        let (major, argument) = try head()
        switch major {
        case 2, 3:
            guard argument <= UInt64(bytes.count - at) else {
                throw problem(at: start, "\(argument) bytes of a text", found: "\(bytes.count - at)")
            }
            let text = bytes[at..<at + Int(argument)]
            at += Int(argument)
            guard major == 2 || String(validating: text, as: UTF8.self) != nil else {
                throw problem(at: start, "a text in UTF-8", found: "other bytes")
            }
        case 4:
            for _ in 0..<(try count(argument, at: start)) { try item(depth: depth + 1) }
        case 5:
            try map(try count(argument, at: start), depth: depth)
        case 6:
            try item(depth: depth + 1)
        default:
            break
        }
    }

    private func count(_ argument: UInt64, at start: Int) throws(Problem) -> Int {
        guard argument <= UInt64(bytes.count - at) else {
            throw problem(at: start, "\(argument) items", found: "\(bytes.count - at) bytes")
        }
        return Int(argument)
    }

    private mutating func map(_ count: Int, depth: Int) throws(Problem) {
        var last: ArraySlice<UInt8>?
        for _ in 0..<count {
            let start = at
            try item(depth: depth + 1)
            let key = bytes[start..<at]
            if let last, !last.lexicographicallyPrecedes(key) {
                throw problem(
                    at: start, "map keys in the order of their bytes, each once",
                    found: key.elementsEqual(last) ? "a key twice" : "a key that belongs before the last one")
            }
            last = key
            try item(depth: depth + 1)
        }
    }

    /// The major type and argument of the next item; all that lies in a head is checked here, floats and simple values
    /// too.
    private mutating func head() throws(Problem) -> (major: UInt8, argument: UInt64) {
        let start = at
        guard at < bytes.count else { throw problem(at: start, "an item", found: "the end") }
        let first = bytes[at]
        let major = first >> 5
        let short = first & 31
        at += 1
        if short < 24 {
            guard major != 7 || (20...22).contains(short) else {
                throw problem(at: start, "false, true, null or a number", found: "the simple value \(short)")
            }
            return (major, UInt64(short))
        }
        guard short <= 27 else {
            throw problem(at: start, "a definite length", found: "the byte \(first)")
        }
        let width = 1 << Int(short - 24)
        guard width <= bytes.count - at else { throw problem(at: start, "\(width) bytes more", found: "the end") }
        let argument = bytes[at..<at + width].reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        at += width
        guard major != 7 || width > 1 else {
            throw problem(at: start, "false, true, null or a number", found: "a simple value of 1 byte")
        }
        guard major != 7 || width != 2 || argument & 0x7c00 != 0x7c00 || argument & 0x3ff == 0 || argument == 0x7e00
        else { throw problem(at: start, "not-a-number as 7e00", found: "another form of it") }
        let needed = major == 7 ? Self.width(ofFloat: argument, width) : Self.width(of: argument)
        guard needed == width else {
            let what = major == 7 ? "a number" : "a length or integer"
            throw problem(at: start, "\(what) in \(needed) bytes", found: "the same in \(width)")
        }
        return (major, argument)
    }

    /// The bytes that the argument takes behind the first byte.
    private static func width(of argument: UInt64) -> Int {
        argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffff_ffff ? 4 : 8
    }

    /// The fewest bytes that hold the same number; 2 for every NaN.
    private static func width(ofFloat bits: UInt64, _ width: Int) -> Int {
        let number: Double
        switch width {
        case 4: number = Double(Float(bitPattern: UInt32(bits)))
        case 8: number = Double(bitPattern: bits)
        default: return 2
        }
        if number.isNaN { return 2 }
        let single = Float(number)
        guard Double(single) == number else { return 8 }
        return isHalf(single) ? 2 : 4
    }

    /// Whether 16 bits hold the number: 11 significant bits, exponents from -14 to 15, or a multiple of 2 to the -24.
    private static func isHalf(_ number: Float) -> Bool {
        if number == 0 || number.isInfinite { return true }
        let magnitude = number.magnitude
        guard magnitude <= 65_504 else { return false }
        if magnitude >= 0x1p-14 { return number.significandBitPattern & 0x1fff == 0 }
        let steps = magnitude * 0x1p24
        return steps == steps.rounded() && steps >= 1
    }
}
