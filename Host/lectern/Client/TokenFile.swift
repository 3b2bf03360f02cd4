import Glibc

/// A file that holds a token for this program.
enum TokenFile {
    /// The file's one word, or the word behind the role in a file of tokens.
    static func token(of role: String, in path: String) throws(InputFailure) -> String {
        guard let file = fopen(path, "r") else { throw InputFailure("\(path): \(String(cString: strerror(errno)))") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
            .map { $0.split { $0 == " " || $0 == "\t" } }
            .filter { !$0.isEmpty && !$0[0].hasPrefix("#") }
        if lines.count == 1, lines[0].count == 1 { return String(lines[0][0]) }
        guard let line = lines.first(where: { $0.count == 2 && $0[0] == role }) else {
            throw InputFailure("\(path): expected one token, or a line “\(role) TOKEN”")
        }
        return String(line[1])
    }
}
