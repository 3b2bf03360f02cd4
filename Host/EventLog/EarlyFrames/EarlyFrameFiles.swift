import Glibc

/// The two files of early frames, named by their numbers: the younger one grows. Not thread-safe.
struct EarlyFrameFiles {
    private let folder: String
    private let limit: Int
    /// The younger file; nil before the first write.
    private var file: File?
    private var length = 0
    private var number: UInt64

    private static let suffix = ".jsonl"

    /// - Parameter limit: bytes of both together.
    init(_ folder: String, limit: Int) throws {
        self.folder = folder
        self.limit = limit
        number = try Self.numbers(folder).last ?? 0
        if limit == 0 { try removeAll() } else { try removeOld() }
    }

    static func paths(_ folder: String) throws -> [String] { try numbers(folder).map { path(folder, $0) } }

    mutating func write(_ lines: UnsafeRawBufferPointer) throws {
        guard !lines.isEmpty else { return }
        // What was there is kept as the older one.
        if file == nil || length + lines.count > limit / 2 {
            try File.makeFolder(folder)
            number += 1
            length = 0
            file = try File(Self.path(folder, number), O_WRONLY | O_CREAT | O_TRUNC)
            try removeOld()
        }
        try file?.write(lines, at: length)
        length += lines.count
    }

    mutating func removeAll() throws {
        file = nil
        for path in try Self.paths(folder) { try File.remove(path) }
    }

    /// Removes all but the two youngest.
    private func removeOld() throws {
        for number in try Self.numbers(folder).dropLast(2) { try File.remove(Self.path(folder, number)) }
    }

    private static func path(_ folder: String, _ number: UInt64) -> String { "\(folder)/\(number)\(suffix)" }

    private static func numbers(_ folder: String) throws -> [UInt64] {
        try File.names(in: folder).compactMap { $0.hasSuffix(suffix) ? UInt64($0.dropLast(suffix.count)) : nil }
            .sorted()
    }
}
