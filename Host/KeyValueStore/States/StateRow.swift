/// A piece of a pile's sorted part: states sorted by the hash of their key, none of them gone.
struct StateRow: Sendable {
    /// Of the first state. All hashes of a pile's later rows are larger than those of this one.
    let firstHash: Int64
    let bytes: [UInt8]
}
