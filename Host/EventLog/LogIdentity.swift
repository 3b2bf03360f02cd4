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
        Self.text(ofPseudonym: pseudonym(ofActor: id))
    }

    package static func text(ofPseudonym pseudonym: UInt64) -> String {
        var text = Bytes()
        append(textOfPseudonym: pseudonym, to: &text)
        return text.string
    }

    static func append(textOfPseudonym pseudonym: UInt64, to text: inout Bytes) {
        text.append("p-")
        for shift in stride(from: 60 as UInt64, through: 0, by: -4) {
            let digit = UInt8(pseudonym >> shift & 15)
            text.append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    /// The pseudonym that such a text is; nil if it is another one.
    package static func pseudonym(inText text: UnsafeRawBufferPointer) -> UInt64? {
        guard text.count == 18, text[0] == UInt8(ascii: "p"), text[1] == UInt8(ascii: "-") else { return nil }
        var pseudonym: UInt64 = 0
        for byte in text[2...] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            pseudonym = pseudonym << 4 | UInt64(digit)
        }
        return pseudonym
    }

    /// The pseudonym of an actor, the same for the life of the log.
    package func pseudonym(ofActor id: UnsafeRawBufferPointer) -> UInt64 {
        lectern_siphash(sipHashKey, id.baseAddress?.assumingMemoryBound(to: UInt8.self), id.count)
    }

    /// The pseudonym of an actor as a record names it: where records name pseudonyms, it stands there.
    package func pseudonym(ofRecorded actor: UnsafeRawBufferPointer) -> UInt64 {
        if usesPseudonyms, let pseudonym = Self.pseudonym(inText: actor) { return pseudonym }
        return pseudonym(ofActor: actor)
    }

    /// What stands for a client where its id must not: made as pseudonyms are.
    func mark(ofClient id: UnsafeRawBufferPointer) -> UInt64 { pseudonym(ofActor: id) }
}
