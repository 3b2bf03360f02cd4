import Foundation

/// The program that folds: `lectern`, as LECTERN_BIN names it, or in the folder LECTERN_DIST, or else on the PATH.
public enum Lectern {
    /// Its path, or nil if there is none.
    public static let path: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["LECTERN_BIN"], !named.isEmpty { return named }
        let folders =
            (environment["LECTERN_DIST"].map { ["\($0)/bin"] } ?? [])
            + (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { "\($0)/lectern" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    /// The folder of other plugins: LECTERN_PLUGINS, or the one in LECTERN_DIST.
    static var plugins: String? {
        let environment = ProcessInfo.processInfo.environment
        return environment["LECTERN_PLUGINS"] ?? environment["LECTERN_DIST"].map { "\($0)/plugins" }
    }

    /// Whether tests that need it may run; on a CI machine (CI=true) they must, and fail if it is missing.
    ///
    ///     @Test(.enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
    public static var isExpected: Bool {
        path != nil || ProcessInfo.processInfo.environment["CI"] == "true"
    }

    /// Runs it and returns what it printed. Throws what it says when it fails.
    static func run(_ arguments: [String], in folder: URL) throws -> Data {
        guard let path else {
            throw PluginTestError("lectern was not found: put it on the PATH, or name it in LECTERN_BIN")
        }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        // Files, not pipes: nobody needs to read while it writes.
        let output = folder.appending(path: "output"), errors = folder.appending(path: "errors")
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        let complaint = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw PluginTestError(
                "lectern \(arguments.joined(separator: " ")) ended with \(process.terminationStatus): \(complaint)")
        }
        if complaint.contains("refused") { throw PluginTestError(complaint) }
        return try Data(contentsOf: output)
    }
}

/// Why a test of a plugin could not be run, or what differs that must not.
public struct PluginTestError: Error, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
