package import Settings

/// The section `plugins`: what each plugin is told.
package struct PluginsConfiguration: Sendable {
    /// The settings of each plugin by its id, as a JSON object.
    package var settings: [String: String] = [:]

    package init() {}

    package init(_ reader: SettingsReader) {
        for (name, section) in reader.sections() {
            if !ComponentID.isValid(name) {
                reader.problem(name, found: "a plugin id “\(name)”", expected: ComponentID.rule)
            }
            settings[name] = section.json("settings")
            section.finish()
        }
        reader.finish()
    }
}
