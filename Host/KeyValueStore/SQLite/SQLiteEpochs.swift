import Foundation
import GRDB

/// The epochs that were drawn from a database.
enum SQLiteEpochs {
    static func draw(
        log: [UInt8], partitions: [Int], atLeast: [Int: UInt64], _ db: Database
    ) throws -> Epochs {
        var epochs = Epochs(log: log, numbers: [:])
        for partition in partitions {
            let number = max(try drawn(log, partition, db) + 1, atLeast[partition] ?? 0)
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO epoch (log, partition, epoch) VALUES (?, ?, ?)")
                .execute(arguments: [Data(log), partition, Int64(bitPattern: number)])
            epochs.numbers[partition] = number
        }
        return epochs
    }

    /// Throws `fenced` if a larger epoch was drawn for one of the checkpoints' partitions.
    static func check(_ checkpoints: [Checkpoint], _ db: Database) throws {
        for checkpoint in checkpoints { try check(checkpoint.epoch, checkpoint.log, checkpoint.partition, db) }
    }

    /// The same of all partitions of `epochs`.
    static func check(_ epochs: Epochs, _ db: Database) throws {
        for (partition, epoch) in epochs.numbers { try check(epoch, epochs.log, partition, db) }
    }

    private static func check(_ epoch: UInt64, _ log: [UInt8], _ partition: Int, _ db: Database) throws {
        let drawn = try drawn(log, partition, db)
        if drawn > epoch { throw StoreError.fenced(partition: partition, epoch: epoch, present: drawn) }
    }

    /// 0 if none was.
    private static func drawn(_ log: [UInt8], _ partition: Int, _ db: Database) throws -> UInt64 {
        let statement = try db.cachedStatement(sql: "SELECT epoch FROM epoch WHERE log = ? AND partition = ?")
        return try Int64.fetchOne(statement, arguments: [Data(log), partition]).map { UInt64(bitPattern: $0) } ?? 0
    }
}
