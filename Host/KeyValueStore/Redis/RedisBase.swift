import Foundation

/// What the sorted part of a plugin's states in a partition holds; its rows are stored one by one.
struct RedisBase: Codable, Sendable {
    struct Pile: Codable, Sendable {
        /// Its index in the description.
        var pile: Int
        /// The number of its first row.
        var firstRow: Int
        /// Of each of its rows the hash of the first state's key.
        var hashes: [Int64]
    }

    var piles: [Pile] = []
    /// The marks before the entries, framed.
    var marks = Data()
}
