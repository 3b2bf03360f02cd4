package import Settings

/// The settings of an output into files, `type: file`.
package struct FileOutputConfiguration: Sendable {
    /// `directory`: the folder of the files; made if it is missing.
    package var directory: String
    /// `part`: when a file has this many bytes, the next one begins.
    package var partBytes = 64 << 20

    package init(directory: String) { self.directory = directory }

    /// Reads what such an output has of its own. Mistakes are noted in the reader.
    /// - Parameter directory: the folder if the section names none.
    package init(_ reader: SettingsReader, directory: String) {
        self.directory = reader.string("directory", default: directory)
        if self.directory.isEmpty { reader.problem("directory", found: "an empty text", expected: "a folder") }
        partBytes = reader.size("part", default: partBytes, in: (1 << 10)...(1 << 40))
    }
}
