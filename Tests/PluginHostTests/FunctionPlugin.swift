import Foundation
import PluginHost
import Testing

/// Tests/Plugins/FunctionsInC, built with some macros defined, in a folder of its own.
struct FunctionPlugin {
    let folder: URL

    /// - Parameter definitions: `NAME=VALUE`, of each build.
    init(_ builds: [String]...) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("lectern-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (number, definitions) in builds.enumerated() {
            try add("FunctionsInC/functions.c", definitions, to: "\(number).so")
        }
    }

    /// Builds another one of Tests/Plugins into the folder, with the headers alone, as its author would.
    func add(_ source: String, _ definitions: [String] = [], to file: String) throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments =
            [
                "gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-Wl,-z,nodelete,-z,defs,--build-id", "-I", root.path + "/PluginAPI/CPluginAPI/include",
            ] + definitions.map { "-D\($0)" }
            + [root.path + "/Tests/Plugins/\(source)", "-o", folder.appendingPathComponent(file).path]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
    }

    func load(current: [PluginBuild] = []) -> PluginCatalog {
        PluginCatalog.load(
            from: folder.path, generations: folder.appendingPathComponent("generations").path,
            PluginsConfiguration().inProcess,
            current: current, report: { _ in })
    }

    /// The only plugin.
    func plugin() throws -> Plugin {
        let catalog = load()
        return try #require(catalog.code.first, "\(catalog.refusals)")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}
