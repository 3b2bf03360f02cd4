import EventLog
import FoundationEssentials
import Glibc
import Records

/// How far an output has come: what a crash goes back to. Written after the output has confirmed what it counts.
struct PublishingPlace: Codable, Equatable {
    /// The log's id, in hexadecimal.
    var log: String
    /// For each partition the position of the first record that is not published.
    var positions: [UInt64]
    /// What the output needs to know; see `EventOutput`.
    var progress: [String: Int]
    /// Bytes of the file of marks that count.
    var marks: Int

    static func path(_ folder: String) -> String { "\(folder)/place.json" }

    /// Nil: there is none yet.
    static func load(_ folder: String) throws -> PublishingPlace? {
        let path = path(folder)
        guard access(path, F_OK) == 0 else { return nil }
        do {
            return try JSONDecoder().decode(Self.self, from: Data(File(path, O_RDONLY).contents()))
        } catch is DecodingError {
            throw LogError(
                .corrupt,
                "\(path): not what the output's publisher has written there; restore it, or move \(folder) away")
        }
    }

    /// Replaces what is stored, in one step.
    func store(_ folder: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let path = Self.path(folder)
        let bytes: Data
        do { bytes = try encoder.encode(self) } catch { throw LogError(.corrupt, "\(path): \(error)") }
        try File.replace(path, with: Array(bytes))
    }
}

/// The marks of what an output has published, in a file that only grows: pieces, each behind its partition and its length,
/// both 32 bits, little-endian. Not thread-safe.
final class StoredMarks {
    private static let headLength = 8
    private let file: File
    /// Bytes that count.
    private(set) var count: Int

    /// Opens the file, or makes it, and cuts off what no place counts.
    init(_ folder: String, count: Int) throws {
        file = try File("\(folder)/marks", O_RDWR | O_CREAT)
        self.count = count
        let size = try file.size()
        guard size >= count else {
            throw LogError(
                .corrupt,
                "\(file.path): has \(size) bytes, \(count) expected; restore it, or move \(folder) away, and the output "
                    + "begins anew")
        }
        if size > count { try file.truncate(to: count) }
    }

    /// Gives every piece to `body`, in order. Pieces are borrowed for the call.
    func forEach(_ body: (_ partition: Int, UnsafeRawBufferPointer) -> Void) throws {
        try file.contents().withUnsafeBytes { bytes in
            var at = 0
            while at + Self.headLength <= bytes.count {
                let partition = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)))
                let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self)))
                at += Self.headLength
                guard length <= bytes.count - at else {
                    throw LogError(
                        .corrupt, "\(file.path), byte \(at): a piece of \(length) bytes, \(bytes.count - at) are left")
                }
                body(partition, UnsafeRawBufferPointer(rebasing: bytes[at..<(at + length)]))
                at += length
            }
        }
    }

    /// Adds pieces behind those that count. They count from then on, and are on the disk.
    func append(_ pieces: [(partition: Int, marks: FreshMarks)]) throws {
        guard !pieces.isEmpty else { return }
        var bytes = Bytes()
        for (partition, marks) in pieces {
            marks.withBytes { marks in
                bytes.append(littleEndian: UInt32(partition))
                bytes.append(littleEndian: UInt32(marks.count))
                bytes.append(marks)
            }
        }
        try file.write(bytes.contents, at: count)
        try file.sync()
        count += bytes.count
    }
}
