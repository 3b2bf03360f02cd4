package import Settings

/// What the settings say of an output, whatever its type: which events it takes, and how patient its publisher is.
package struct PublisherConfiguration: Sendable {
    package enum Start: String, Sendable, CaseIterable {
        /// The first record that the log has.
        case start
        /// What comes after the output was added.
        case end
    }

    /// `events`: the types that are published. Empty: all.
    package var types: Set<String> = []
    /// `from`: where an output begins that was not there before.
    package var from = Start.end
    /// `batch`: events that are published and not confirmed, at most.
    package var batch = 5_000
    /// `buffer`: the same in bytes. A longer event goes alone.
    package var bufferBytes = 4 << 20
    /// `interval`: how long events may wait for more of them.
    package var interval = Duration.milliseconds(500)
    /// `retries`: so many attempts that failed are followed by another one before the output counts as waiting.
    package var retries = 3
    /// `backoff`: the pause after the first attempt that failed; each further one is twice as long.
    package var backoff = Duration.milliseconds(500)
    /// `retry`: the longest pause, while it waits.
    package var longestPause = Duration.seconds(30)

    package init() {}

    /// Reads what all outputs have of an output's section. Mistakes are noted in the reader.
    package init(_ reader: SettingsReader) {
        types = Set(reader.strings("events"))
        from = reader.choice("from", default: from)
        batch = reader.integer("batch", default: batch, in: 1...100_000)
        bufferBytes = reader.size("buffer", default: bufferBytes, in: (1 << 10)...(1 << 30))
        interval = reader.duration("interval", default: interval, in: .milliseconds(1) ... .seconds(3600))
        retries = reader.integer("retries", default: retries, in: 0...100)
        backoff = reader.duration("backoff", default: backoff, in: .milliseconds(1) ... .seconds(60))
        longestPause = reader.duration("retry", default: longestPause, in: .milliseconds(10) ... .seconds(3600))
    }
}
