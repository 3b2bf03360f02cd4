import Foundation
import GRDB

/// The marks of checkpoints. Those of many checkpoints share a row, since one each second would make a row each second.
enum SQLiteMarks {
    private static let rowLimit = 64 << 10

    static func append(_ marks: [UInt8], checkpoint: Int64, to db: Database) throws {
        let framed = Data(MarkFrames.frame(marks))
        let last = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT id, bytes FROM mark WHERE checkpoint = ? ORDER BY id DESC LIMIT 1"),
            arguments: [checkpoint])
        if let last, let bytes = last[1] as Data?, bytes.count + framed.count <= rowLimit {
            try db.cachedStatement(sql: "UPDATE mark SET bytes = ? WHERE id = ?")
                .execute(arguments: [bytes + framed, last[0] as Int64])
        } else {
            try db.cachedStatement(sql: "INSERT INTO mark (checkpoint, bytes) VALUES (?, ?)")
                .execute(arguments: [checkpoint, framed])
        }
    }

    /// All marks of a checkpoint, in order.
    static func all(checkpoint: Int64, in db: Database, place: String) throws -> [[UInt8]] {
        var marks: [[UInt8]] = []
        let rows = try Data.fetchCursor(
            db, sql: "SELECT bytes FROM mark WHERE checkpoint = ? ORDER BY id", arguments: [checkpoint])
        while let row = try rows.next() {
            guard let unframed = MarkFrames.split([UInt8](row)) else {
                throw StoreError.corrupt(place: place, found: "marks that are cut short")
            }
            marks += unframed
        }
        return marks
    }
}
