package import Settings

/// How long a log's segments are kept, section `log.retention`. Nothing is ever deleted unless it says so.
package struct RetentionConfiguration: Sendable {
    /// `age` and `sources`: how long records are kept after they have arrived, by the source that their session has locked.
    package var ages = RetentionAges()
    /// `bytes`: the oldest segments go, whatever their age, while all together have more; nil: as the ages say.
    package var bytes: Int?
    /// `every`: how often it is looked for what can go, in the log and in the archive.
    package var every = Duration.seconds(600)
    /// `ignored`: plugins that are gone for good, whose stored checkpoints keep nothing from being deleted.
    package var ignored: [String] = []

    package init() {}

    /// Reads the section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        ages = RetentionAges(reader)
        if reader.has("bytes") { bytes = reader.size("bytes", default: 0, in: (1 << 12)...Int.max) }
        every = reader.duration("every", default: every, in: .milliseconds(10) ... .seconds(7 * 86_400))
        ignored = reader.strings("ignored")
    }

    /// Whether everything is kept for ever.
    package var isEmpty: Bool { ages.isEmpty && bytes == nil }
}
