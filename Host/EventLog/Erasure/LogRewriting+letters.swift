import FoundationEssentials
import Glibc
import Records

extension LogRewriting {
    /// Puts other letters in the places of dead letters: those that `change` gives; nil: the letter stays. Their numbers
    /// stay, and so do partition, position and component, by which a letter is known when the log is folded again.
    /// - Returns: how many became others.
    package func rewriteLetters(_ change: (DeadLetters.Numbered) throws -> DeadLetter?) throws -> Int {
        var count = 0
        for file in try DeadLetterFolder(folder.deadLettersPath).files {
            let old = try File(file.path, O_RDONLY).contents()[..<file.length]
            var new = Bytes()
            var changed = 0
            for line in old.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
                if let letter = DeadLetterLines.decode(Data(line)), let other = try change(letter),
                    other != letter.letter
                {
                    DeadLetterLines.append(other, id: letter.id, to: &new)
                    changed += 1
                } else {
                    line.withUnsafeBytes { new.append($0) }
                    new.append(byte: 10)
                }
            }
            guard changed > 0 else { continue }
            count += changed
            try replace(file.path, with: new.contents)
        }
        return count
    }

    /// Replaces a file, whole or not at all.
    private func replace(_ path: String, with bytes: UnsafeRawBufferPointer) throws {
        let temporary = path + ".new"
        let file = try File(temporary, O_WRONLY | O_CREAT | O_TRUNC)
        try file.write(bytes, at: 0)
        try file.sync()
        if rename(temporary, path) != 0 { throw LogError.disk("rename", temporary) }
        try File(folder.deadLettersPath, O_RDONLY | O_DIRECTORY).syncAll()
    }
}
