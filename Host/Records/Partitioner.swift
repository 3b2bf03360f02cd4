import CRecords

/// Which partition a record belongs to: Kafka's default partitioner, so that a Kafka log would choose the same.
package enum Partitioner {
    /// Of a key's bytes: murmur2, its sign dropped, modulo the number of partitions.
    package static func partition(of key: UnsafeRawBufferPointer, count: Int) -> Int {
        let hash = lectern_murmur2(key.baseAddress?.assumingMemoryBound(to: UInt8.self), key.count)
        return Int(hash & 0x7fff_ffff) % count
    }

    /// Of records without an actor: the key is the session number's four bytes, little-endian.
    package static func partition(ofSession number: UInt32, count: Int) -> Int {
        withUnsafeBytes(of: number.littleEndian) { partition(of: $0, count: count) }
    }
}
