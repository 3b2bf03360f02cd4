import Glibc
import Records

/// Appends dead letters to the last of their files and deletes the oldest. Used by the log's thread alone.
final class DeadLetterWriter {
    /// The letters that this writes, for readers.
    let letters: DeadLetters

    private let folder: String
    private let fileLimit: Int
    private let limit: Int
    private var totals = DeadLetterTotals()
    private var files: [DeadLetters.File] = []
    /// The last file, once something is appended to it.
    private var last: File?

    /// Opens the folder, makes it if it is missing, and cuts off what a crash has left of a last line.
    init(_ folder: String, limit: Int) throws {
        self.folder = folder
        self.limit = limit
        fileLimit = max(limit / 16, 1 << 12)
        try LogFolder.make(folder)
        for name in try LogFolder.entries(folder).sorted() where name.hasSuffix(Self.suffix) {
            guard let first = UInt64(name.dropLast(Self.suffix.utf8.count)) else { continue }
            let path = folder + "/" + name
            files.append(.init(path: path, first: first, length: try File(path, O_RDONLY).size()))
        }
        while let file = files.last {
            let contents = try DeadLetterFile.read(file.path, length: file.length)
            if let found = contents.totals {
                totals = found
                for numbered in contents.letters where totals.add(numbered.letter) { totals.letters = numbered.id }
                try File(file.path, O_RDWR).truncate(to: contents.end)
                files[files.count - 1].length = contents.end
                break
            }
            // Not even the line of totals is whole: no letter in it was ever durable.
            try File.remove(file.path)
            files.removeLast()
        }
        letters = DeadLetters(files: files, totals: totals)
    }

    /// Makes the letters durable, except those that are there already.
    func append(_ letters: [DeadLetter]) throws {
        var bytes = Bytes()
        let first = totals.letters + 1
        let before = totals
        for letter in letters where totals.add(letter) {
            DeadLetterFile.append(letter, id: totals.letters, to: &bytes)
        }
        guard bytes.count > 0 else { return }
        if files.isEmpty || files[files.count - 1].length >= fileLimit { try beginFile(first, before) }
        let file = try last ?? File(files[files.count - 1].path, O_WRONLY)
        last = file
        try file.write(bytes.contents, at: files[files.count - 1].length)
        try file.sync()
        files[files.count - 1].length += bytes.count
        try removeOldest()
        self.letters.publish(files, totals)
    }

    private func beginFile(_ first: UInt64, _ totals: DeadLetterTotals) throws {
        let digits = String(first)
        let path = folder + "/" + String(repeating: "0", count: max(0, 10 - digits.utf8.count)) + digits + Self.suffix
        var head = Bytes()
        try DeadLetterFile.appendTotals(totals, to: &head)
        let file = try File(path, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(head.contents, at: 0)
        try File(folder, O_RDONLY | O_DIRECTORY).syncAll()
        files.append(.init(path: path, first: first, length: head.count))
        last = file
    }

    private func removeOldest() throws {
        while files.count > 1, files.reduce(0, { $0 + $1.length }) > limit {
            try File.remove(files.removeFirst().path)
        }
    }

    private static let suffix = ".jsonl"
}
