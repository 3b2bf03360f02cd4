import Glibc
import Records

/// Appends dead letters to the last of their files and deletes the oldest. Used by the log's thread alone.
final class DeadLetterWriter {
    /// The letters that this writes, for readers.
    let letters: DeadLetters

    private let folder: String
    private let fileLimit: Int
    private let limit: Int
    private var totals: DeadLetterTotals
    private var files: [DeadLetterFile]
    /// The last file, once something is appended to it.
    private var last: File?

    /// Opens the folder, makes it if it is missing, and cuts off what a crash has left of a last line.
    init(_ folder: String, limit: Int) throws {
        self.folder = folder
        self.limit = limit
        fileLimit = max(limit / 16, 1 << 12)
        try LogFolder.make(folder)
        let found = try DeadLetterFolder(folder)
        files = found.files
        totals = found.totals
        for file in found.torn { try File.remove(file.path) }
        if let last = files.last { try File(last.path, O_RDWR).truncate(to: last.length) }
        letters = DeadLetters(files: files, totals: totals)
    }

    /// Makes the letters durable, except those that are there already.
    func append(_ letters: [DeadLetter]) throws {
        var bytes = Bytes()
        let first = totals.letters + 1
        let before = totals
        for letter in letters where totals.add(letter) {
            DeadLetterLines.append(letter, id: totals.letters, to: &bytes)
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
        let path = folder + "/" + DeadLetterFile.name(first: first)
        var head = Bytes()
        try DeadLetterLines.appendTotals(totals, to: &head)
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
}
