/// How far the fold lies behind the log.
package struct FoldLag: Sendable, Equatable {
    /// Records that are not folded yet.
    package var records: UInt64 = 0
    /// For how long the first of them has waited, about; 0 if there is none.
    package var seconds = 0.0

    /// Of several shards: all records, and the longest wait.
    init(_ shards: some Sequence<FoldLag>) {
        for shard in shards {
            records += shard.records
            seconds = max(seconds, shard.seconds)
        }
    }

    init(records: UInt64 = 0, seconds: Double = 0) {
        self.records = records
        self.seconds = seconds
    }
}
