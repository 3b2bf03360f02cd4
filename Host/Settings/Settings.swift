import Foundation

/// The settings of a process: what a YAML file says, overridden by variables of the environment, overridden by
/// `--set a.b.c=VALUE`. A value type; nothing is checked before `validate`.
package struct Settings: Sendable {
    var root: SettingsNode
    /// What `{env: NAME}` of a secret reads.
    var environment: [String: String] = ProcessInfo.processInfo.environment
    /// The folder that a secret's `{file: PATH}` starts at.
    let folder: String

    /// Settings in which nothing is set: every default holds.
    package init() {
        root = SettingsNode(content: .mapping([]), place: SettingsPlace(source: "the settings"))
        folder = "."
    }

    /// Reads YAML. `file` is the path that messages name and that relative paths of secrets start at.
    ///
    /// Throws a `SettingsError` if the text is not one YAML document that holds a mapping.
    package init(yaml: String, file: String) throws {
        root = try YAMLReader(file: file).read(yaml)
        folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    }

    /// The settings of a process: the file at `path`, if there is one, then what `variables` makes of other names in the
    /// environment, then the environment, then the assignments.
    ///
    /// Throws a `SettingsError` if the file can't be read or an override can't be applied.
    package static func load(
        file path: String?, assignments: [String] = [],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        variables: (inout Settings) throws -> Void = { _ in }
    ) throws -> Settings {
        var settings = Settings()
        if let path {
            guard let bytes = FileManager.default.contents(atPath: path) else {
                throw SettingsError(place: path, found: "no file that can be read", expected: "a YAML file")
            }
            guard let text = String(bytes: bytes, encoding: .utf8) else {
                throw SettingsError(place: path, found: "bytes that are not UTF-8", expected: "a YAML file in UTF-8")
            }
            settings = try Settings(yaml: text, file: path)
        }
        settings.environment = environment
        try variables(&settings)
        try settings.set(environment: environment)
        for assignment in assignments { try settings.set(assignment) }
        return settings
    }

    /// Runs `body` on a reader of the whole settings and returns what it makes of them.
    ///
    /// Throws one `SettingsError` with every mistake that the reader and its sections met, unknown keys included; an
    /// error that `body` throws itself counts only if there are none. The reader must not be kept.
    package func validate<T>(_ body: (SettingsReader) throws -> T) throws -> T {
        let problems = SettingsProblems(environment: environment, folder: folder)
        return try read(body, problems)
    }

    /// As `validate`, but returns what was asked for: every setting with the value that holds, in the order of asking.
    package func list<T>(_ body: (SettingsReader) throws -> T) throws -> [EffectiveSetting] {
        let problems = SettingsProblems(environment: environment, folder: folder)
        _ = try read(body, problems)
        return problems.effective
    }

    private func read<T>(_ body: (SettingsReader) throws -> T, _ problems: SettingsProblems) throws -> T {
        let reader = SettingsReader(path: "", node: root, problems: problems)
        let result = Result { try body(reader) }
        if case .success = result { problems.finishReaders() }
        if let error = problems.error { throw error }
        return try result.get()
    }
}

/// A setting as it holds.
package struct EffectiveSetting: Sendable, Equatable {
    /// Its keys from the root, joined by dots.
    package let path: String
    /// Its value as YAML, on one line. A secret is shown as the place that it comes from.
    package let value: String
    /// Nothing sets it.
    package let isDefault: Bool
}
