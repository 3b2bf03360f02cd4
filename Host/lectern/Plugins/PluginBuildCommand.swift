import ArgumentParser
import FoundationEssentials
import Glibc
import PluginHost

struct PluginBuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Build a plugin's package and print the library and who it is.",
        discussion: """
            Runs `swift build -c release` and copies each library to build/NAME.so in the package's folder, whole or
            not at all. What the compiler says goes to standard error.

            With --portable the library brings Swift's runtime along: some 10 MB, but it fits a host of any toolchain.

            Examples:
              lectern plugin build
              lectern plugin build reading-time --out /srv/lectern/plugins/reading-time.so
              lectern plugin build reading-time --portable
            """)

    @Argument(help: ArgumentHelp("The folder of the package.", valueName: "folder"))
    var folder = "."

    @Flag(help: "Link Swift's runtime into the library.")
    var portable = false

    @Option(name: .customLong("out"), help: ArgumentHelp("Where to copy the library to.", valueName: "file"))
    var output: String?

    @Flag(help: "Print JSON.")
    var json = false

    /// What is printed of a library.
    private struct Built: Encodable {
        let file: String
        let id: String
        let version: String
        let language: String
        let sdk: String
        let toolchain: String
        let portable: Bool
        let build: String
    }

    func run() async throws {
        try await Command.run {
            let package = try PluginPackage(folder)
            // Other flags, other products: each kind has a folder of its own, or they would undo each other's work.
            let scratch = "\(folder)/.build" + (portable ? "/portable" : "")
            let flags =
                ["-c", "release", "--scratch-path", scratch]
                + (portable ? ["-Xswiftc", "-static-stdlib", "-Xcc", "-DLECTERN_PORTABLE"] : [])
            guard try package.swift("build", flags).run() == .code(0) else { throw ExitCode.failure }

            let names = try package.libraries()
            guard !names.isEmpty else {
                throw InputFailure(
                    "\(folder)/Package.swift: expected a product that is a dynamic library, found none; declare "
                        + "`.library(name: …, type: .dynamic, targets: …)`")
            }
            guard output == nil || names.count == 1 else {
                throw InputFailure(
                    "--out: expected one library, found \(names.joined(separator: ", ")) in \(folder)/Package.swift; "
                        + "leave --out away to have each in \(folder)/build")
            }
            for name in names {
                let copy = output ?? "\(folder)/build/\(name).so"
                let identity = try Self.copy("\(scratch)/release/lib\(name).so", to: copy)
                let built = Built(
                    file: copy, id: identity.id, version: identity.version, language: identity.language,
                    sdk: identity.sdk, toolchain: identity.toolchain, portable: identity.isPortable,
                    build: identity.build)
                print(json ? try JSONOutput.line(built) : "\(copy)\n\(identity.summary)")
            }
        }
    }

    /// Copies a library under another name first, so that a host that watches the folder never loads half of one.
    private static func copy(_ library: String, to path: String) throws -> PluginIdentity {
        // Refused here rather than by the host.
        let identity = try PluginIdentity(of: library)
        if let slash = path.lastIndex(of: "/") { try Folder.make(String(path[..<slash])) }
        let partial = "\(path).\(getpid())"
        try FileManager.default.copyItem(atPath: library, toPath: partial)
        guard chmod(partial, 0o755) == 0, rename(partial, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(partial)
            throw InputFailure("\(path) can't be written: \(reason)")
        }
        return identity
    }
}

extension PluginIdentity {
    /// One line for people.
    var summary: String {
        "\(id) \(version), \(language), SDK \(sdk)\(isPortable ? ", brings its runtime along" : ""), "
            + "build \(build.prefix(12))"
    }
}
