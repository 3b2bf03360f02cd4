import CRecords
import Records

/// What a log is, fixed when it is created.
package struct LogIdentity: Sendable, Equatable {
    /// 16 random bytes: checkpoints name their log by them.
    package let id: [UInt8]
    package let partitions: Int
    /// 16 random bytes, the key of actors' pseudonyms. A secret: never printed.
    package let sipHashKey: [UInt8]
    /// Microseconds since 1970 UTC.
    package let created: Int64
    /// Whether records name their actors by pseudonyms.
    package let usesPseudonyms: Bool

    static let defaultPartitions = 16

    /// A new log's.
    init(partitions: Int, usesPseudonyms: Bool) {
        self.usesPseudonyms = usesPseudonyms
        id = Salts.random()
        self.partitions = partitions
        sipHashKey = Salts.random()
        created = WallClock.microseconds
    }

    init(id: [UInt8], partitions: Int, sipHashKey: [UInt8], created: Int64, usesPseudonyms: Bool = false) {
        self.usesPseudonyms = usesPseudonyms
        self.id = id
        self.partitions = partitions
        self.sipHashKey = sipHashKey
        self.created = created
    }

    /// - Parameter place: of the log, for messages.
    /// - Throws: `settings` that a log can't change.
    func check(_ configuration: EventLogConfiguration, of place: String) throws {
        if let wanted = configuration.partitions, wanted != partitions {
            throw LogError(
                .settings,
                "log.partitions: \(wanted) found, but the log in \(place) has \(partitions) for "
                    + "good; remove the setting, or choose a new \(configuration.placeSetting)")
        }
        if let wanted = configuration.pseudonyms, wanted != usesPseudonyms {
            throw LogError(
                .settings,
                "log.pseudonyms: \(wanted) found, but the log in \(place) was created "
                    + "\(wanted ? "without" : "with") pseudonyms, and its states would be counted under two names; remove the "
                    + "setting, or choose a new \(configuration.placeSetting) and `lectern replay` into it")
        }
    }

    /// The partition of an actor's records.
    package func partition(ofActor id: UnsafeRawBufferPointer) -> UInt16 {
        UInt16(truncatingIfNeeded: Partitioner.partition(of: id, count: partitions))
    }

    /// The partition of records without an actor.
    package func partition(ofSession number: UInt32) -> UInt16 {
        UInt16(truncatingIfNeeded: Partitioner.partition(ofSession: number, count: partitions))
    }

    /// An actor's pseudonym as records name it, where they name pseudonyms: `p-` and 16 hexadecimal digits.
    package func pseudonymText(ofActor id: UnsafeRawBufferPointer) -> String {
        let digits = String(pseudonym(ofActor: id), radix: 16)
        return "p-" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The pseudonym that such a text is; nil if it is another one.
    package static func pseudonym(inText text: UnsafeRawBufferPointer) -> UInt64? {
        guard text.count == 18, text.starts(with: "p-".utf8) else { return nil }
        return UInt64(String(decoding: text.dropFirst(2), as: UTF8.self), radix: 16)
    }

    /// The pseudonym of an actor, the same for the life of the log.
    package func pseudonym(ofActor id: UnsafeRawBufferPointer) -> UInt64 {
        lectern_siphash(sipHashKey, id.baseAddress?.assumingMemoryBound(to: UInt8.self), id.count)
    }
}
