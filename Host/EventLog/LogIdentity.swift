import CRecords
import Glibc

/// What a log is, fixed when it is created.
package struct LogIdentity: Sendable, Equatable {
    /// 16 random bytes: checkpoints name their log by them.
    package let id: [UInt8]
    package let partitions: Int
    /// 16 random bytes, the key of actors' pseudonyms. A secret: never printed.
    package let sipHashKey: [UInt8]
    /// Microseconds since 1970 UTC.
    package let created: Int64

    static let defaultPartitions = 16

    /// A new log's.
    init(partitions: Int) {
        id = Salts.random()
        self.partitions = partitions
        sipHashKey = Salts.random()
        created = Self.now()
    }

    init(id: [UInt8], partitions: Int, sipHashKey: [UInt8], created: Int64) {
        self.id = id
        self.partitions = partitions
        self.sipHashKey = sipHashKey
        self.created = created
    }

    /// The partition of an actor's records: murmur2 of the id's bytes, as Kafka's clients choose it.
    package func partition(ofActor id: UnsafeRawBufferPointer) -> UInt16 {
        let hash = lectern_murmur2(id.baseAddress?.assumingMemoryBound(to: UInt8.self), id.count)
        return UInt16(truncatingIfNeeded: Int(hash & 0x7fff_ffff) % partitions)
    }

    /// The partition of records without an actor: murmur2 of the session number's four bytes, little-endian.
    package func partition(ofSession number: UInt32) -> UInt16 {
        withUnsafeBytes(of: number.littleEndian) { partition(ofActor: $0) }
    }

    /// The pseudonym of an actor, the same for the life of the log.
    package func pseudonym(ofActor id: UnsafeRawBufferPointer) -> UInt64 {
        lectern_siphash(sipHashKey, id.baseAddress?.assumingMemoryBound(to: UInt8.self), id.count)
    }

    /// The host's clock, in microseconds since 1970 UTC.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
