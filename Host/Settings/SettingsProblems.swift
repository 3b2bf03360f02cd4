/// What all readers of one `Settings.validate` share: the mistakes so far, and the values that were asked for.
final class SettingsProblems {
    let environment: [String: String]
    let folder: String
    private var found: [(place: SettingsPlace, problem: SettingsProblem)] = []
    private var readers: [SettingsReader] = []
    private(set) var effective: [EffectiveSetting] = []
    /// The beginnings of paths whose settings are part of one that is shown already.
    private var wholes: [String] = []

    init(environment: [String: String], folder: String) {
        self.environment = environment
        self.folder = folder
    }

    func add(_ problem: SettingsProblem, at place: SettingsPlace) { found.append((place, problem)) }

    /// Notes the value of a setting; the first counts.
    func note(_ path: String, _ value: String, isDefault: Bool) {
        guard !effective.contains(where: { $0.path == path }), !wholes.contains(where: path.hasPrefix) else { return }
        effective.append(EffectiveSetting(path: path, value: value, isDefault: isDefault))
    }

    /// Notes a setting that is shown as it was written, whatever is asked of its parts.
    func note(whole path: String, _ value: String) {
        note(path, value, isDefault: false)
        wholes.append("\(path).")
    }

    func add(_ reader: SettingsReader) { readers.append(reader) }

    func finishReaders() { for reader in readers { reader.finish() } }

    /// The mistakes in the order of the file's lines, or nil if there are none.
    var error: SettingsError? {
        if found.isEmpty { return nil }
        let order = found.indices.sorted {
            let (a, b) = (found[$0].place, found[$1].place)
            return (a.source, a.line ?? 0, $0) < (b.source, b.line ?? 0, $1)
        }
        return SettingsError(order.map { found[$0].problem })
    }
}
