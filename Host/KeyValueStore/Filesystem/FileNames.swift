import Records

/// The names of the files that hold values, and the way back to their keys.
///
/// A name is the key, percent-encoded, and a suffix. No name begins with `_`, which is what the folders begin with that
/// slashes become if `subdirs` is set. A key that is too long for a name is stored under `#` and its SHA-256, beside a
/// file that holds the key. So no key can leave the store's folder, collide with another or be refused.
struct FileNames: Sendable {
    let subdirs: Bool

    private static let nameLimit = 200
    private static let pathLimit = 1000
    private static let encoding = PercentEncoding(keeping: "._~@-,:= ")

    /// The path of a key's file without its suffix, and whether the key needs a file of its own beside it.
    func path(of key: String) -> (path: String, needsKeyFile: Bool) {
        let slash = UInt8(ascii: "/")
        let pieces = subdirs ? key.utf8.split(separator: slash, omittingEmptySubsequences: false) : [key[...].utf8]
        let parts = pieces.map { String(Substring($0)) }
        let folders = parts.dropLast().map { "_" + Self.encoding.encode($0) }
        let names = folders + [Self.name(parts.last!)]
        let path = names.joined(separator: "/")
        if path.utf8.count > Self.pathLimit || names.contains(where: { $0.utf8.count > Self.nameLimit }) {
            return (Self.hashed(key), true)
        }
        return (path, false)
    }

    /// The key of a file from its path without the suffix, unless the key has a file of its own. Nil if the path is no
    /// key's.
    static func key(of path: String) -> String? {
        let pieces = path.split(separator: "/", omittingEmptySubsequences: false)
        let folders = pieces.dropLast().map { PercentEncoding.decode($0.utf8.dropFirst()) }
        let parts = folders + [PercentEncoding.decode(pieces.last!.utf8)]
        return parts.contains(nil) ? nil : parts.compactMap { $0 }.joined(separator: "/")
    }

    /// As `path(of:)`, for a state's key, whose text is fit for a name.
    static func path(ofState key: String) -> (path: String, needsKeyFile: Bool) {
        key.utf8.count > nameLimit ? (hashed(key), true) : (key, false)
    }

    /// The content of the key's own file. `path` is that of the value's file without its suffix.
    static func keyFile(beside path: String) throws -> String? {
        try FileSystem.read(path + ".key").map { String(decoding: $0, as: UTF8.self) }
    }

    private static func name(_ part: String) -> String {
        let encoded = encoding.encode(part)
        return encoded.hasPrefix("_") ? "%5F" + encoded.dropFirst() : encoded
    }

    private static func hashed(_ key: String) -> String {
        "#" + Array(key.utf8).withUnsafeBytes { SHA256.hexadecimal(of: $0) }
    }
}
