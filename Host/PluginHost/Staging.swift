import Glibc
import Records

/// Copies a build to where nobody writes, before it is loaded: overwriting a mapped library ends the process, and loading the same
/// path twice gives the old code.
struct Staging {
    /// Holds `<sha256>.so` for each build that was ever loaded.
    let directory: String

    init(directory: String) { self.directory = directory }

    /// Where a copy lies.
    init(of copy: String) { directory = copy.lastIndex(of: "/").map { String(copy[..<$0]) } ?? "." }

    /// Reads the library and puts a read-only copy under its own hash. Returns the copy's path and the hash.
    func stage(_ file: String) throws(PluginRefusal) -> StagedPlugin {
        let bytes = try Self.contents(of: file)
        let identity = try Self.identity(of: bytes, file: file)
        let path = "\(directory)/\(identity.build).so"
        if access(path, R_OK) != 0 { try write(bytes, to: path, of: file) }
        return StagedPlugin(file: file, path: path, identity: identity)
    }

    /// A copy that was made before; nil if there is none.
    func staged(build hash: String, of file: String) throws(PluginRefusal) -> StagedPlugin? {
        let path = "\(directory)/\(hash).so"
        return access(path, R_OK) == 0 ? try staged(path, of: file) : nil
    }

    /// A copy that was made before, of what was then the file's build.
    func staged(_ path: String, of file: String) throws(PluginRefusal) -> StagedPlugin {
        StagedPlugin(file: file, path: path, identity: try Self.identity(of: Self.contents(of: path), file: file))
    }

    /// Who the plugin in these bytes is, as its note says.
    static func identity(of bytes: [UInt8], file: String) throws(PluginRefusal) -> PluginIdentity {
        let note = try bytes.withUnsafeBytes { raw in
            Result { () throws(PluginRefusal) in try ElfNote.read(raw, name: file) }
        }.get()
        guard let note else {
            throw PluginRefusal(
                file: file, field: "note", wanted: "an ELF note of owner \(ElfNote.owner)", found: "none",
                remedy: "it is no plugin, or was not declared with LECTERN_PLUGIN")
        }
        let build = bytes.withUnsafeBytes { SHA256.hexadecimal(of: $0) }
        return try PluginIdentity(note: note, build: build, file: file)
    }

    static func contents(of file: String) throws(PluginRefusal) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw PluginRefusal(
                file: file, field: "file", wanted: "a readable file", found: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard got == bytes.count else {
            throw PluginRefusal(
                file: file, field: "file", wanted: "\(bytes.count) bytes", found: "\(max(got, 0))",
                remedy: "it is still being written: try again")
        }
        return bytes
    }

    /// Written under another name and renamed, so that a copy is never half there.
    private func write(_ bytes: [UInt8], to path: String, of file: String) throws(PluginRefusal) {
        mkdir(directory, 0o700)
        let partial = "\(path).\(getpid())"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o500)
        var written = 0
        if descriptor >= 0 {
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
                }
                if count <= 0 { break }
                written += count
            }
            close(descriptor)
        }
        guard written == bytes.count, rename(partial, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(partial)
            throw PluginRefusal(file: file, field: "staging", wanted: "a copy in \(directory)", found: reason)
        }
    }
}

/// A build that is ready to be loaded.
struct StagedPlugin {
    let file: String
    let path: String
    let identity: PluginIdentity
}
