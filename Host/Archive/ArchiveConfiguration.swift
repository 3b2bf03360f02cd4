package import EventLog
package import Settings

/// The settings of the archive, section `archive`.
package struct ArchiveConfiguration: Sendable {
    /// `enabled`: whether events are written into a file a session. Off unless an operator says so: the log holds the same
    /// bytes already, and where publishers send single events, each request is a session and so a file.
    package var isEnabled = false
    /// `directory`: the folder of the archive; made if it is missing.
    package var directory: String
    /// `part`: when a session's file has this many bytes, its next part begins.
    package var partBytes = 64 << 20
    /// `open`: how many files are open at once; the one that was not written to for longest is closed for another one.
    package var openFiles = 256
    /// `buffer`: bytes of lines that may wait for their files.
    package var bufferBytes = 8 << 20
    /// `interval`: how long lines may wait for their files, and how far the archive's own place lies behind after a crash.
    package var interval = Duration.seconds(5)
    /// `idle`: a session from which nothing came for so long has its file closed. If it goes on, the next part begins.
    package var idle = Duration.seconds(3600)
    /// `level`: how hard zstd tries, 1 to 19.
    package var level = 3
    /// `retention`: how long files are kept after their last event.
    package var retention: RetentionAges

    package init(directory: String) {
        self.directory = directory
        retention = RetentionAges()
    }

    /// Reads the section `archive`. Mistakes are noted in the reader.
    /// - Parameter directory: the folder if the section names none.
    package init(_ reader: SettingsReader, directory: String) {
        isEnabled = reader.boolean("enabled", default: isEnabled)
        self.directory = reader.string("directory", default: directory)
        if self.directory.isEmpty { reader.problem("directory", found: "an empty text", expected: "a folder") }
        partBytes = reader.size("part", default: partBytes, in: (1 << 10)...(1 << 40))
        openFiles = reader.integer("open", default: openFiles, in: 1...100_000)
        bufferBytes = reader.size("buffer", default: bufferBytes, in: (1 << 16)...(1 << 36))
        interval = reader.duration("interval", default: interval, in: .milliseconds(10) ... .seconds(3600))
        idle = reader.duration("idle", default: idle, in: .milliseconds(10) ... .seconds(30 * 86_400))
        level = reader.integer("level", default: level, in: 1...19)
        retention = RetentionAges(reader.section("retention"))
    }
}
