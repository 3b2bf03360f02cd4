import Foundation
import GRDB

/// Reads checkpoints back.
enum SQLiteRestore {
    /// A checkpoint without marks and states, and its row.
    static func head(
        _ db: Database, plugin: String, partition: Int
    ) throws -> (id: Int64, checkpoint: RestoredCheckpoint)? {
        let head = try Row.fetchOne(
            db, sql: "SELECT id, log, position, epoch, summary FROM checkpoint WHERE plugin = ? AND partition = ?",
            arguments: [plugin, partition])
        guard let head else { return nil }
        let (log, summary): (Data, Data) = (head["log"], head["summary"])
        let (position, epoch): (Int64, Int64) = (head["position"], head["epoch"])
        return (
            head["id"],
            RestoredCheckpoint(
                log: [UInt8](log), position: UInt64(bitPattern: position), epoch: UInt64(bitPattern: epoch),
                summary: [UInt8](summary), marks: [], blocks: [])
        )
    }

    static func checkpoint(_ db: Database, plugin: String, partition: Int) throws -> RestoredCheckpoint? {
        guard let (id, head) = try head(db, plugin: plugin, partition: partition) else { return nil }
        var checkpoint = head
        checkpoint.marks = try SQLiteMarks.all(
            checkpoint: id, in: db, place: "the marks of \(plugin) in partition \(partition)")
        checkpoint.blocks = try SQLitePile.all(db, plugin: plugin).filter { $0.partition == partition }
            .flatMap { try $0.blocks() }
        return checkpoint
    }

    static func positions(_ db: Database) throws -> [StoredPosition] {
        let sql = "SELECT plugin, partition, position, epoch, log FROM checkpoint ORDER BY plugin, partition"
        return try Row.fetchAll(db, sql: sql).map { row in
            let (position, epoch): (Int64, Int64) = (row["position"], row["epoch"])
            return StoredPosition(
                plugin: row["plugin"], partition: row["partition"], position: UInt64(bitPattern: position),
                epoch: UInt64(bitPattern: epoch), log: [UInt8](row["log"] as Data))
        }
    }

    static func discard(_ db: Database, plugin: String, as epochs: Epochs) throws {
        let numbers = epochs.numbers.keys.sorted().map(String.init).joined(separator: ",")
        let which = "plugin = ?" + (numbers.isEmpty ? "" : " AND partition IN (\(numbers))")
        try db.execute(
            sql: "DELETE FROM block WHERE pile IN (SELECT id FROM pile WHERE \(which))", arguments: [plugin])
        try db.execute(sql: "DELETE FROM pile WHERE \(which)", arguments: [plugin])
        try db.execute(
            sql: "DELETE FROM mark WHERE checkpoint IN (SELECT id FROM checkpoint WHERE \(which))", arguments: [plugin])
        try db.execute(sql: "DELETE FROM checkpoint WHERE \(which)", arguments: [plugin])
    }
}

extension SQLitePile {
    /// The newest first.
    fileprivate func blocks() throws -> [StateBlock] {
        var recent: [StateBlock] = []
        try forEachRecent { recent.append(try block($0)) }
        var sorted: [StateBlock] = []
        try forEachSorted(from: .min) { _, row in
            sorted.append(try block(row))
            return true
        }
        return recent.reversed() + sorted
    }

    private func block(_ row: UnsafeRawBufferPointer) throws -> StateBlock {
        var entries = StateEntries(row)
        while entries.next() != nil {}
        if entries.isCutShort { throw damaged }
        return StateBlock(component: component, external: isExternal, bytes: [UInt8](row))
    }
}
