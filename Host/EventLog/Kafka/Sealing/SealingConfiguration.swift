import Settings

/// The section `log.kafka.sealing`: what students send is sealed in the topic, each with a key of the student's, so that
/// destroying the key erases it.
///
///     log:
///       kafka:
///         sealing: {keys: students}
package struct SealingConfiguration: Sendable, Equatable {
    /// `keys`: the store of `kvs` that has the students' keys.
    package var keys: String
    /// `cache`: how many keys stay in memory; those not used for longest are asked for again.
    package var cache = 100_000

    package init(keys: String) { self.keys = keys }

    /// Reads the section. Mistakes are noted in the reader.
    init(_ reader: SettingsReader) {
        keys = reader.string("keys")
        cache = reader.integer("cache", default: cache, in: 1...10_000_000)
        reader.finish()
    }
}
