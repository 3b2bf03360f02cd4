import EventLog
import Records

/// What records call a student: an id, and what connections make of it where they name their actor by it.
struct StudentNames: Sendable, Equatable {
    let ids: [String]
    /// The ids themselves, and behind what a method of authentication puts before them.
    let names: [String]

    /// - Parameters:
    ///   - prefixes: what methods of authentication put before an id, such as `tc-testcase-`.
    ///   - besides: other names.
    init(_ ids: [String], prefixes: [String], besides: [String] = []) {
        self.ids = ids
        names = ids + ids.flatMap { id in prefixes.map { $0 + id } } + besides
    }

    /// The pseudonyms of all actors that the student may have been.
    func actors(_ identity: LogIdentity) -> [UInt64] {
        Array(Set(names.flatMap { [$0, Self.quote($0)] }.map(identity.pseudonym(of:)))).sorted()
    }

    /// As ingest encodes ids: as HTML forms do.
    static func quote(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var quoted: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "~"), UInt8(ascii: "@"):
                quoted.append(byte)
            case UInt8(ascii: " "): quoted.append(UInt8(ascii: "+"))
            default: quoted += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: quoted, as: UTF8.self)
    }

    /// The opposite of `quote`; bytes that are no UTF-8 are replaced.
    static func unquote(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension LogIdentity {
    func pseudonym(of text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { pseudonym(ofActor: UnsafeRawBufferPointer($0)) }
    }
}

/// A pseudonym as texts hold it: 16 hexadecimal digits.
enum PseudonymText {
    static func text(_ pseudonym: UInt64) -> String {
        let digits = String(pseudonym, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    static func read(_ text: String) -> UInt64? { text.utf8.count == 16 ? UInt64(text, radix: 16) : nil }
}
