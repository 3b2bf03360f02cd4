import ArgumentParser
import PluginHost
import Records

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
            let build = PluginCompilation(package: try PluginPackage(folder), isPortable: portable)
            guard try build.compiler().run() == .code(0) else { throw ExitCode.failure }

            let names = try build.libraries()
            guard output == nil || names.count == 1 else {
                throw InputFailure(
                    "--out: expected one library, found \(names.joined(separator: ", ")) in \(folder)/Package.swift; "
                        + "leave --out away to have each in \(folder)/build")
            }
            for name in names {
                let copy = output ?? "\(folder)/build/\(name).so"
                let identity = try build.copy(name, to: copy)
                let built = Built(
                    file: copy, id: identity.id, version: identity.version, language: identity.language,
                    sdk: identity.sdk, toolchain: identity.toolchain, portable: identity.isPortable,
                    build: identity.build)
                print(json ? try JSONOutput.line(built) : "\(copy)\n\(identity.summary)")
            }
        }
    }
}

extension PluginIdentity {
    /// One line for people.
    var summary: String {
        "\(id) \(version), \(language), SDK \(sdk)\(isPortable ? ", brings its runtime along" : ""), "
            + "build \(build.prefix(12))"
    }
}
