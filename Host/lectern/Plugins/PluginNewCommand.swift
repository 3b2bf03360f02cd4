import ArgumentParser
import Glibc
import PluginHost

struct PluginNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Write the package of a new plugin, ready to build, test and show.",
        discussion: """
            The plugin counts quizzes by student and module: a typed event, a reducer, a table, a dashboard and a test.
            It builds as it is; change it into your own.

            Examples:
              lectern plugin new reading-time
              lectern plugin new reading-time --in plugins
            """)

    @Argument(help: ArgumentHelp("The plugin's id, and the folder's name: such as reading-time.", valueName: "name"))
    var name: String

    @Option(name: .customLong("in"), help: ArgumentHelp("The folder to make it in.", valueName: "folder"))
    var folder = "."

    func run() async throws {
        try await Command.run {
            guard ComponentID.isValid(name) else {
                throw InputFailure("the name of a plugin: expected \(ComponentID.rule), found “\(name)”")
            }
            let path = folder == "." ? name : "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) != 0 else {
                throw InputFailure("\(path) is there already: choose another name, or another folder with --in")
            }
            let template = PluginTemplate(name: name, sdk: try PluginPackage.sdk())
            try Folder.make(folder)
            for (file, text) in template.files {
                let file = "\(path)/\(file)"
                try Folder.make(String(file[..<file.lastIndex(of: "/")!]))
                let output = try OutputFile(file)
                try output.write(text: text)
                try output.flush()
            }
            let program = CommandLine.arguments[0]
            print(
                """
                made \(path), with \(template.source)
                next:
                  \(program) dev \(path)
                  \(program) plugin test \(path)
                  \(program) plugin build \(path)
                  \(program) plugin check \(path)/build/\(name).so
                  \(program) serve --plugins \(path)/build --set ingest.trust=loopback
                  \(program) simulate --to http://127.0.0.1:3001
                """)
        }
    }
}
