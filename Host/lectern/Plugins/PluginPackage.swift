import FoundationEssentials
import Glibc
import PluginHost
import Records

/// The Swift package of a plugin, and the tools that work on it.
struct PluginPackage {
    /// Its folder.
    let path: String

    init(_ path: String) throws(InputFailure) {
        self.path = path
        guard access("\(path)/Package.swift", R_OK) == 0 else {
            throw InputFailure(
                "\(path): expected the folder of a plugin's package, found no Package.swift in it; name the folder, or "
                    + "make a package with `lectern plugin new NAME`")
        }
    }

    /// The folder of the SDK: LECTERN_SDK, or what belongs to the running program, in an installation (`sdk/PluginAPI`
    /// beside `bin`) or in the source tree that it was built in.
    static func sdk() throws(InputFailure) -> String {
        var candidates: [String] = []
        if let named = getenv("LECTERN_SDK") { candidates.append(String(cString: named)) }
        candidates.append("\(Folder.ofProgram)/../sdk/PluginAPI")
        var folder = Folder.ofProgram
        while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
            folder = String(folder[..<slash])
            candidates.append("\(folder)/PluginAPI")
        }
        for candidate in candidates where access("\(candidate)/Package.swift", R_OK) == 0 {
            if let path = realpath(candidate, nil) {
                defer { free(path) }
                return String(cString: path)
            }
        }
        throw InputFailure(
            "the SDK was not found: expected the package PluginAPI in \(candidates[0]); name its folder in LECTERN_SDK")
    }

    /// Runs `swift SUBCOMMAND` on the package.
    func swift(_ subcommand: String, _ arguments: [String] = []) throws(InputFailure) -> Program {
        var environment = ["LECTERN_SDK": try Self.sdk(), "LECTERN_BIN": Folder.program]
        let plugins = "\(Folder.ofProgram)/../plugins"
        if getenv("LECTERN_PLUGINS") == nil, access(plugins, R_OK) == 0 { environment["LECTERN_PLUGINS"] = plugins }
        guard Self.isOnPath("swift") else {
            throw InputFailure(
                "swift was not found on the PATH; install the toolchain that this program was built with, "
                    + PluginIdentity.hostToolchain
            )
        }
        return Program(
            name: "swift", arguments: [subcommand, "--package-path", path] + arguments, environment: environment)
    }

    /// The dynamic libraries that the package declares, by the names of its products.
    func libraries() throws -> [String] {
        let captured = try swift("package", ["describe", "--type", "json"]).capture()
        guard captured.end == .code(0) else { throw InputFailure("\(path)/Package.swift: \(captured.errors)") }
        // Notes may precede the description.
        let json = captured.output.drop { $0 != "{" }
        return try JSONDecoder().decode(Description.self, from: Data(json.utf8)).products
            .filter { $0.type.library == ["dynamic"] }.map(\.name)
    }

    private struct Description: Decodable {
        struct Product: Decodable {
            struct Kind: Decodable { let library: [String]? }
            let name: String
            let type: Kind
        }
        let products: [Product]
    }

    private static func isOnPath(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }
}
