import CXXHash

/// A change of one file of a store, by its path from the store's folder. Making it again changes nothing.
enum FileChange: Equatable {
    /// Replaces the file, or makes it; a reader sees the old or the new content.
    case write(String, [UInt8])
    /// Makes the bytes the file's content from the offset on.
    case append(String, at: Int, [UInt8])
    case remove(String)
    case removeFolder(String)
}

/// The file that holds a change of many files until they are made: a head, and the changes one after the other.
///
/// The head is `LKVJ`, the format (4 bytes), the XXH3-64 of the rest and its length (8 bytes each). A change is a
/// letter, the lengths of path and content and the offset (8 bytes each), path and content. All numbers are
/// little-endian.
enum JournalFormat {
    private static let magic = Array("LKVJ".utf8) + [1, 0, 0, 0]

    static func encode(_ changes: [FileChange]) -> [UInt8] {
        var body: [UInt8] = []
        func append(_ letter: Character, _ path: String, _ offset: Int, _ content: [UInt8]) {
            body.append(letter.asciiValue!)
            for number in [path.utf8.count, content.count, offset] { body.append(number) }
            body += Array(path.utf8)
            body += content
        }
        for change in changes {
            switch change {
            case .write(let path, let content): append("w", path, 0, content)
            case .append(let path, let offset, let content): append("a", path, offset, content)
            case .remove(let path): append("r", path, 0, [])
            case .removeFolder(let path): append("f", path, 0, [])
            }
        }
        var journal = magic
        journal.append(body.checksum)
        journal.append(body.count)
        return journal + body
    }

    /// Nil if the bytes are no journal, or not all of one.
    static func decode(_ journal: [UInt8]) -> [FileChange]? {
        guard journal.count >= 24, journal.starts(with: magic), journal.number(at: 16) == journal.count - 24 else {
            return nil
        }
        let body = Array(journal[24...])
        guard journal.number(at: 8) == body.checksum else { return nil }
        var changes: [FileChange] = []
        var at = 0
        while at < body.count {
            // The checksum says that the rest is as it was written.
            let (pathLength, length) = (body.number(at: at + 1), body.number(at: at + 9))
            let offset = body.number(at: at + 17)
            let start = at + 25
            let path = String(decoding: body[start..<(start + pathLength)], as: UTF8.self)
            let content = Array(body[(start + pathLength)..<(start + pathLength + length)])
            switch body[at] {
            case UInt8(ascii: "w"): changes.append(.write(path, content))
            case UInt8(ascii: "a"): changes.append(.append(path, at: offset, content))
            case UInt8(ascii: "r"): changes.append(.remove(path))
            case UInt8(ascii: "f"): changes.append(.removeFolder(path))
            default: return nil
            }
            at = start + pathLength + length
        }
        return changes
    }
}

extension [UInt8] {
    fileprivate var checksum: Int { withUnsafeBytes { Int(bitPattern: UInt(XXH3_64bits($0.baseAddress, $0.count))) } }

    fileprivate mutating func append(_ number: Int) { Swift.withUnsafeBytes(of: number.littleEndian) { self += $0 } }

    fileprivate func number(at offset: Int) -> Int {
        withUnsafeBytes { Int(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int.self)) }
    }
}
