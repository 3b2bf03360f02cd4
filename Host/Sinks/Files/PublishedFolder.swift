import EventLog
import Glibc
import Records

/// The folder of an output into files: `events-00000001.jsonl` and those that follow, a line an event.
package struct PublishedFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    private static let prefix = "events-", suffix = ".jsonl"

    func path(ofPart number: Int) -> String {
        let digits = String(number)
        return "\(path)/\(Self.prefix)\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits)\(Self.suffix)"
    }

    /// The numbers of the files, in order.
    package func parts() throws -> [Int] {
        try File.names(in: path).compactMap { name in
            guard name.hasPrefix(Self.prefix), name.hasSuffix(Self.suffix) else { return nil }
            return Int(name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count))
        }.sorted()
    }

    func file(ofPart number: Int, _ flags: Int32) throws -> File { try File(path(ofPart: number), flags) }

    /// Waits until the names of files are on the disk.
    func sync() throws { try File(path, O_RDONLY | O_DIRECTORY).syncAll() }

    // MARK: What is held of students

    /// What becomes of a line.
    package enum Verdict: Sendable, Equatable {
        case keep, remove
        /// Without a line feed.
        case replace([UInt8])
    }

    /// Gives each line of a file to `body`, without its line feed. Lines are borrowed for the call.
    package func forEachLine(ofPart number: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try file(ofPart: number, O_RDONLY)
        var input = [UInt8](repeating: 0, count: 256 << 10)
        var line = Bytes()
        var offset = 0
        while true {
            let count = try input.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            if count == 0 { break }
            offset += count
            try input.withUnsafeBytes { input in
                var rest = input[..<count]
                while let feed = rest.firstIndex(of: 10) {
                    line.append(UnsafeRawBufferPointer(rebasing: rest[..<feed]))
                    try body(line.contents)
                    line.truncate()
                    rest = rest[(feed + 1)...]
                }
                line.append(UnsafeRawBufferPointer(rebasing: rest))
            }
        }
        if line.count > 0 { try body(line.contents) }
    }

    /// Asks of every line of every file what is to become of it, and writes the files anew that are to change, each in one
    /// step: after a crash a file is the old one or the new one. To be called while no host publishes into the folder, and
    /// after what no place counts was cut off. Blocks for as long as reading all files takes.
    /// - Parameter verdict: `isFinal`: what it says now is done. It is asked once before that whether anything is to change.
    package func rewrite(_ verdict: (_ line: UnsafeRawBufferPointer, _ isFinal: Bool) throws -> Verdict) throws {
        for number in try parts() {
            var changes = false
            try forEachLine(ofPart: number) { if !changes, try verdict($0, false) != .keep { changes = true } }
            guard changes else { continue }
            let path = path(ofPart: number)
            let new = try File(path + ".new", O_WRONLY | O_CREAT | O_TRUNC)
            var offset = 0
            var output = Bytes()
            func flush() throws {
                try new.write(output.contents, at: offset)
                offset += output.count
                output.truncate()
            }
            try forEachLine(ofPart: number) { line in
                switch try verdict(line, true) {
                case .keep: output.append(line)
                case .replace(let bytes): bytes.withUnsafeBytes { output.append($0) }
                case .remove: return
                }
                output.append(byte: 10)
                if output.count > 1 << 20 { try flush() }
            }
            try flush()
            try new.syncAll()
            try File.rename(path + ".new", to: path)
            try sync()
        }
    }
}
