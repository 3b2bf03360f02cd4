import Glibc

/// A file of dead letters.
struct DeadLetterFile: Sendable {
    let path: String
    /// The number of its first letter.
    let first: UInt64
    /// Bytes that are durable.
    var length: Int

    static func name(first: UInt64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits + suffix
    }

    static func first(name: String) -> UInt64? {
        name.hasSuffix(suffix) ? UInt64(name.dropLast(suffix.utf8.count)) : nil
    }

    private static let suffix = ".jsonl"
}

/// What a folder of dead letters holds, read without changing it.
struct DeadLetterFolder {
    /// Up to the last whole line.
    private(set) var files: [DeadLetterFile] = []
    private(set) var totals = DeadLetterTotals()
    /// Files without one whole line, which a crash has left.
    private(set) var torn: [DeadLetterFile] = []

    init(_ path: String) throws {
        for name in try LogFolder.entries(path).sorted() {
            guard let first = DeadLetterFile.first(name: name) else { continue }
            let file = path + "/" + name
            files.append(DeadLetterFile(path: file, first: first, length: try File(file, O_RDONLY).size()))
        }
        while let last = files.last {
            let contents = try DeadLetterLines.read(last.path, length: last.length)
            if contents.end > 0 {
                totals = contents.totals ?? totals
                for numbered in contents.letters where totals.add(numbered.letter) { totals.letters = numbered.id }
                files[files.count - 1].length = contents.end
                return
            }
            torn.append(files.removeLast())
        }
    }
}
