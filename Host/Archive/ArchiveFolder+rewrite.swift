import EventLog
import Glibc

extension ArchiveFolder {
    /// What becomes of a line.
    package enum Verdict: Sendable, Equatable {
        case keep
        /// The line goes; of the session's own line: the whole file.
        case remove
        /// Without a line feed.
        case replace([UInt8])
    }

    /// What a rewriting has done.
    package struct Rewritten: Sendable, Equatable {
        package var changedFiles = 0
        package var removedFiles = 0
        /// Lines that were removed or replaced; those of removed files are not counted.
        package var lines = 0
    }

    /// Closes and compresses the files that a host has left open, so that `files` lists all there is. To be called while no
    /// host has the log open: the next one goes on with new parts.
    /// - Parameter level: as `ArchiveConfiguration.level`.
    package func close(level: Int) throws {
        guard var place = try ArchivePlace.load(path) else { return }
        let known = Set(place.files.map(\.file.openPath))
        for open in place.files {
            let plain = self.path(of: open.file, isOpen: true)
            guard access(plain, F_OK) == 0 else { continue }
            let file = try File(plain, O_RDWR)
            if try file.size() > open.bytes { try file.truncate(to: open.bytes) }
        }
        for name in try File.names(in: "\(path)/\(ArchivedFile.openFolder)") {
            let file = "\(ArchivedFile.openFolder)/\(name)"
            if !known.contains(file) { try File.remove("\(path)/\(file)") }
        }
        try compress(place.files, level: level)
        place.files = []
        try place.store(path)
    }

    /// Asks of every line of every file what is to become of it, and writes the files anew that are to change, each in one
    /// step: after a crash a file is the old one or the new one, and calling this again does the rest. Nothing of a file that
    /// was changed is left under any name. To be called after `close`, while no host has the log open. Blocks for as long as
    /// reading the whole archive takes.
    /// - Parameter verdict: `isSession`: it is the file's first line. May be asked twice of the same line; the line is
    ///   borrowed for the call.
    package func rewrite(
        level: Int,
        _ verdict: (_ file: ArchivedFile, _ line: UnsafeRawBufferPointer, _ isSession: Bool) throws -> Verdict
    ) throws -> Rewritten {
        try removePartialFiles()
        var result = Rewritten()
        for file in try files() {
            var (kept, changed, isRemoved) = (0, 0, false)
            var isSession = true
            try forEachLine(of: file) { line in
                defer { isSession = false }
                switch try verdict(file, line, isSession) {
                case .keep: kept += isSession ? 0 : 1
                case .replace:
                    changed += 1
                    kept += isSession ? 0 : 1
                case .remove:
                    changed += 1
                    isRemoved = isRemoved || isSession
                }
                return !isRemoved
            }
            if isRemoved || (changed > 0 && kept == 0) {
                try File.remove(path(of: file, isOpen: false))
                result.removedFiles += 1
            } else if changed > 0 {
                try replace(file, level: level) { try verdict(file, $0, $1) }
                result.changedFiles += 1
                result.lines += changed
            }
        }
        removeEmptyDays()
        try sync()
        return result
    }

    private func replace(
        _ file: ArchivedFile, level: Int, _ verdict: (UnsafeRawBufferPointer, Bool) throws -> Verdict
    ) throws {
        let target = path(of: file, isOpen: false)
        let output = try CompressedFile(target + Self.partial, level: level)
        let feed: [UInt8] = [10]
        var isSession = true
        try forEachLine(of: file) { line in
            defer { isSession = false }
            switch try verdict(line, isSession) {
            case .keep: try output.write(line)
            case .replace(let bytes): try bytes.withUnsafeBytes { try output.write($0) }
            case .remove: return true
            }
            try feed.withUnsafeBytes { try output.write($0) }
            return true
        }
        try output.finish(modified: Self.modified(target) ?? 0)
        try File(target + Self.partial, O_RDONLY).syncAll()
        try File.rename(target + Self.partial, to: target)
    }

    /// What a crash has left.
    private func removePartialFiles() throws {
        for day in try File.names(in: path) where day.first?.isNumber == true {
            for name in try File.names(in: "\(path)/\(day)") where name.hasSuffix(Self.partial) {
                try File.remove("\(path)/\(day)/\(name)")
            }
        }
    }
}
