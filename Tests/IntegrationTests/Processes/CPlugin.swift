/// A plugin in C that a test builds, with the headers alone.
enum CPlugin {
    static let headers = "\(Installation.repository)/PluginAPI/CPluginAPI/include"

    /// - Parameters:
    ///   - source: in Tests/Plugins.
    ///   - definitions: macros, `NAME=VALUE`.
    static func build(_ source: String, to library: String, definitions: [String] = []) throws {
        try run(
            "gcc",
            [
                "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
                "-Wl,-z,nodelete,-z,defs,--build-id", "-I", headers,
            ] + definitions.map { "-D\($0)" }
                + ["\(Installation.repository)/Tests/Plugins/\(source)", "-o", library])
    }
}

/// What `lectern plugin list --json` tells.
struct PluginList: Decodable {
    struct Plugin: Decodable {
        var id: String
        var version: String
        var build: String
        var file: String
        var sources: [String]
        var reducers: [String]
        var aggregators: [String]
        var tables: [String]
        var dashboards: [String]
    }

    struct Off: Decodable {
        var id: String
        var version: String
        var build: String
        var file: String
        var reason: String
    }

    struct Refusal: Decodable {
        var file: String
        var field: String
        var wanted: String
        var found: String
    }

    var plugins: [Plugin]
    var off: [Off]
    var refused: [Refusal]
}
