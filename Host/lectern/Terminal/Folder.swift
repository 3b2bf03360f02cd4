import Glibc
import Records

/// Folders of the command.
enum Folder {
    /// The running program's file.
    static var program: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { return "lectern" }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Where the running program lies.
    static var ofProgram: String {
        let path = program
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// The path without links and dots; the path itself if there is nothing.
    static func real(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// A folder for what can be made again.
    static func cache(_ name: String) -> String {
        let base: String
        if let variable = getenv("XDG_CACHE_HOME") {
            base = String(cString: variable)
        } else {
            base = (getenv("HOME").map { String(cString: $0) } ?? "/tmp") + "/.cache"
        }
        let path = "\(base)/lectern/\(name)"
        try? make(path)
        return path
    }

    /// A new folder that nobody else has.
    static func temporary() throws -> String {
        var name = Array("/tmp/lectern.XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else {
            throw InputFailure("no folder can be made in /tmp: \(String(cString: strerror(errno)))")
        }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a folder, those above it and those named below it.
    static func make(_ path: String, _ below: String...) throws(InputFailure) {
        var partial = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            partial += partial.isEmpty && !part.isEmpty ? String(part) : "/\(part)"
            if !partial.isEmpty { mkdir(partial, 0o755) }
        }
        for name in below { mkdir("\(path)/\(name)", 0o755) }
        guard access(path, W_OK) == 0 else {
            throw InputFailure("the folder \(path) can't be written to: \(String(cString: strerror(errno)))")
        }
    }
}

/// What a user gave that can't be used.
struct InputFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
