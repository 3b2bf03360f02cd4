package import Settings

/// The settings of the frames that arrive before their connection has said who it is, section `log.early`.
package struct EarlyFramesConfiguration: Sendable {
    /// `limit`: bytes that their files may have; beyond them the older half goes. 0: they are not kept.
    package var limitBytes = 16 << 20
    /// `buffer`: bytes that may wait to be written; frames beyond them are counted and left out.
    package var bufferBytes = 1 << 20

    package init() {}

    /// Reads the section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        limitBytes = reader.size("limit", default: limitBytes, in: 0...(1 << 40))
        bufferBytes = reader.size("buffer", default: bufferBytes, in: (1 << 12)...(1 << 32))
        if limitBytes > 0, limitBytes < 2 * bufferBytes {
            reader.problem(
                "limit", found: "\(limitBytes) bytes",
                expected: "0, or at least twice the buffer (\(bufferBytes) bytes)")
        }
    }
}
