import CPluginAPI

/// Who a plugin is, as its note says: known before any of its code runs.
package struct PluginIdentity: Sendable, Equatable, Codable {
    package let id: String
    package let version: String
    package let sdk: String
    package let language: String
    package let toolchain: String
    /// Whether it brings Swift's runtime along and so fits a host of any toolchain.
    package let isPortable: Bool
    /// SHA-256 of the library's file, in hexadecimal: which build this is.
    package let build: String
    /// MAJOR.MINOR of the ABI that it was built with.
    package let abi: String
    /// The extensions without which it can't run.
    package let requires: [String]

    /// The compiler that this host was built by.
    package static var hostToolchain: String { String(cString: lectern_toolchain()) }

    /// Extensions of plugins that this host knows.
    package static let extensions = [
        LECTERN_SOURCES, LECTERN_REDUCERS, LECTERN_AGGREGATORS, LECTERN_TABLES, LECTERN_DASHBOARDS, LECTERN_FUNCTIONS,
        LECTERN_MIGRATIONS, LECTERN_TIMERS, LECTERN_WINDOWS, LECTERN_ENRICHERS,
    ]

    package init(
        id: String, version: String, sdk: String, language: String, toolchain: String, build: String, abi: String,
        requires: [String] = [], isPortable: Bool = false
    ) {
        self.id = id
        self.version = version
        self.sdk = sdk
        self.language = language
        self.toolchain = toolchain
        self.build = build
        self.abi = abi
        self.requires = requires
        self.isPortable = isPortable
    }

    /// Reads the note of a library's file, without running any of its code, and refuses what this host can't run.
    package init(of file: String) throws(PluginRefusal) {
        self = try Staging.identity(of: Staging.contents(of: file), file: file)
        try check(file: file)
    }

    /// Reads the note's text.
    init(note: String, build: String, file: String) throws(PluginRefusal) {
        var fields: [Substring: Substring] = [:]
        for line in note.split(separator: "\n") {
            guard let equals = line.firstIndex(of: "=") else { continue }
            fields[line[..<equals]] = line[line.index(after: equals)...]
        }
        func field(_ name: Substring) throws(PluginRefusal) -> String {
            guard let value = fields[name], !value.isEmpty else {
                throw PluginRefusal(
                    file: file, field: "note: \(name)", wanted: "a value", found: "none",
                    remedy: "declare the plugin with LECTERN_PLUGIN of lectern/note.h")
            }
            return String(value)
        }
        abi = try field("abi")
        requires = (fields["requires"] ?? "").split(separator: ",").map(String.init)
        id = try field("id")
        guard ComponentID.isValid(id) else {
            throw PluginRefusal(file: file, field: "id", wanted: ComponentID.rule, found: "“\(id)”")
        }
        version = try field("version")
        sdk = try field("sdk")
        language = try field("language")
        toolchain = try field("toolchain")
        self.build = build
        isPortable = fields["runtime"] == "own"
    }

    /// Refuses what this host can't run.
    func check(file: String) throws(PluginRefusal) {
        guard abi.split(separator: ".").first == "\(LECTERN_ABI_MAJOR)" else {
            throw PluginRefusal(
                file: file, field: "abi", wanted: "\(LECTERN_ABI_MAJOR).x", found: abi,
                remedy: "rebuild it with this host's SDK")
        }
        // Drafts called themselves 1.0 as well; their functions return nothing where the frozen ABI has a status.
        guard !sdk.hasSuffix("-draft") else {
            throw PluginRefusal(
                file: file, field: "sdk", wanted: "1.0.0 or later", found: sdk,
                remedy: "rebuild it with this host's SDK")
        }
        guard language != "swift" || isPortable || toolchain == Self.hostToolchain else {
            throw PluginRefusal(
                file: file, field: "toolchain", wanted: Self.hostToolchain, found: toolchain,
                remedy: "Swift has no stable ABI on Linux: build the plugin with the host's toolchain, or with "
                    + "`lectern plugin build --portable`")
        }
        for name in requires where !Self.extensions.contains(name) {
            throw PluginRefusal(
                file: file, field: "requires", wanted: "one of \(Self.extensions.joined(separator: ", "))",
                found: name, remedy: "the plugin needs a newer host")
        }
    }
}

/// The ids of plugins and their components.
package enum ComponentID {
    package static let rule = "a lower-case letter, then lower-case letters, digits and hyphens, at most 64"

    /// - Parameter underscores: whether they will do as well, as in the ids of tables, which name SQL's.
    package static func isValid(_ id: String, underscores: Bool = false) -> Bool {
        guard let first = id.utf8.first, (97...122).contains(first), id.utf8.count <= 64 else { return false }
        return id.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || underscores && $0 == 95
        }
    }
}
