import Glibc
import Records
import Reduction

/// A file to replay, and who numbers its events.
struct ReplayInput {
    let input: FoldInput
    /// The client id of its events, without the connection's part.
    let client: String

    /// How much of a file tells it from others.
    private static let sampleBytes = 4096

    /// - Parameters:
    ///   - client: what the user calls the client; nil: the beginning of the file gives a name, so that the same file goes
    ///     on where it stopped. Standard input has no beginning that could be read twice, so it gets a new name each time.
    ///   - number: which of `count` inputs it is, from 1.
    init(_ input: FoldInput, client: String?, number: Int, of count: Int) throws {
        self.input = input
        if let client {
            self.client = count == 1 ? client : "\(client)/\(number)"
        } else if input.path == "-" {
            self.client = "replay-\(UInt64.random(in: .min ... .max))"
        } else {
            self.client = "replay-\(try Self.fingerprint(input.path))"
        }
    }

    private static func fingerprint(_ path: String) throws -> String {
        let file = try LineReader(path, limit: 1 << 26)
        var hash = SHA256()
        var left = sampleBytes
        let lineEnd: StaticString = "\n"
        try file.forEach { line in
            hash.update(UnsafeRawBufferPointer(rebasing: line.prefix(left)))
            hash.update(UnsafeRawBufferPointer(start: lineEnd.utf8Start, count: lineEnd.utf8CodeUnitCount))
            left -= line.count + 1
            return left > 0
        } moving: {
        }
        return String(hash.hexadecimal().prefix(16))
    }
}
