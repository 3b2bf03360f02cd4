import ArgumentParser
import Settings

/// Where settings come from.
struct SettingsOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A file of settings in YAML.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("One setting; wins over the file and the environment.", valueName: "key=value"))
    var assignments: [String] = []

    /// The settings as they were given, unchecked.
    func read() throws -> Settings {
        try Settings.load(file: config, assignments: assignments) { settings in
            for warning in try ProcessorVariables.apply(to: &settings).warnings { Terminal.warn(warning) }
        }
    }

    /// The checked settings. `override` comes last.
    func load(data: String, _ override: (inout Settings) throws -> Void = { _ in }) throws -> HostSettings {
        var settings = try read()
        try override(&settings)
        let checked = try HostSettings(settings, data: data)
        for stray in settings.strayVariables(sections: checked.sections) {
            Terminal.warn(
                "the variable \(stray.name) is no setting and changes nothing: two underscores part a section from what "
                    + "is in it. Did you mean \(stray.meant)?")
        }
        return checked
    }
}
