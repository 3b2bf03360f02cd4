import FoundationEssentials
import Glibc
import PluginHost

/// How a plugin's package becomes libraries: what `plugin build` and `dev` have in common.
struct PluginCompilation {
    let package: PluginPackage
    /// Swift's runtime is linked into the library.
    var isPortable = false

    /// Other flags, other products: each kind has a folder of its own, or they would undo each other's work.
    private var scratch: String { "\(package.path)/.build" + (isPortable ? "/portable" : "") }

    /// The compiler's run.
    func compiler() throws -> Program {
        let flags =
            ["-c", "release", "--scratch-path", scratch]
            + (isPortable ? ["-Xswiftc", "-static-stdlib", "-Xcc", "-DLECTERN_PORTABLE"] : [])
        return try package.swift("build", flags)
    }

    /// The names of the libraries that the package declares.
    func libraries() throws -> [String] {
        let names = try package.libraries()
        guard !names.isEmpty else {
            throw InputFailure(
                "\(package.path)/Package.swift: expected a product that is a dynamic library, found none; declare "
                    + "`.library(name: …, type: .dynamic, targets: …)`")
        }
        return names
    }

    /// Copies a compiled library under another name first, so that a host that watches the folder never loads half of one.
    func copy(_ name: String, to path: String) throws -> PluginIdentity {
        let library = "\(scratch)/release/lib\(name).so"
        // Refused here rather than by the host.
        let identity = try PluginIdentity(of: library)
        if let slash = path.lastIndex(of: "/") { try Folder.make(String(path[..<slash])) }
        let partial = "\(path).\(getpid())"
        try? FileManager.default.removeItem(atPath: partial)
        try FileManager.default.copyItem(atPath: library, toPath: partial)
        guard chmod(partial, 0o755) == 0, rename(partial, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(partial)
            throw InputFailure("\(path) can't be written: \(reason)")
        }
        return identity
    }
}
