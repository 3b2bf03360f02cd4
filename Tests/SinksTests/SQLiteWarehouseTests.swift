import Foundation
import GRDB
import PluginHost
import Sinks
import Synchronization
import Testing

/// The warehouse over SQLite files.
@Suite("A warehouse")
struct SQLiteWarehouseTests {
    private static let plugin = "quiz-times"
    private static let table = TableID(plugin: plugin, table: "times")
    private static let columns = [
        TableColumn(name: "user \"id\"", title: "", type: .text, isKey: true),
        TableColumn(name: "module", title: "", type: .text, isKey: true),
        TableColumn(name: "seconds", title: "", type: .number), TableColumn(name: "count", title: "", type: .integer),
        TableColumn(name: "passed", title: "", type: .boolean), TableColumn(name: "last", title: "", type: .time),
    ]
    private let folder = FileManager.default.temporaryDirectory.appending(path: "lectern-\(UUID().uuidString)").path
    private let reports = Reports()

    private final class Reports: Sendable {
        private let texts = Mutex<[String]>([])
        private let losses = Mutex<[String]>([])
        func add(_ text: String) { texts.withLock { $0.append(text) } }
        func lose(_ plugin: String) { losses.withLock { $0.append(plugin) } }
        var all: [String] { texts.withLock { $0 } }
        var lost: [String] { losses.withLock { $0 } }
    }

    private func warehouse(limit: Int = 1000) -> Warehouse {
        var configuration = WarehouseConfiguration(directory: folder)
        configuration.kind = .sqlite
        configuration.limit = limit
        guard let warehouse = Warehouse(configuration, report: { [reports] in reports.add($0) }) else {
            fatalError("there is none")
        }
        warehouse.onLoss { [reports] in reports.lose($0) }
        return warehouse
    }

    private static func row(_ user: String, _ module: Cell, _ count: Int64) -> [Cell] {
        [
            .text(user), module, .number(Double(count) / 4), .integer(count), .boolean(count > 1),
            .time(count * 1_000_000),
        ]
    }

    private static func changes(
        _ rows: [[Cell]], gone: [[Cell]] = [], isWhole: Bool = false, position: UInt64, epoch: UInt64 = 1,
        origin: String = "build", columns: [TableColumn] = columns
    ) -> TableChanges {
        TableChanges(
            plugin: plugin, origin: origin, isWhole: isWhole,
            positions: [3: TableChanges.Position(epoch: epoch, position: position)],
            tables: [TableChanges.Table(id: table, columns: columns, rows: rows, gone: gone)])
    }

    /// `user module count` of each row, sorted.
    private func rows() throws -> [String] {
        try DatabaseQueue(path: "\(folder)/\(Self.plugin).sqlite").read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM times").map { row -> String in
                "\(row["user \"id\""] as String) \(row["module"] as String? ?? "NULL") \(row["count"] as Int)"
            }.sorted()
        }
    }

    @Test("holds all rows, then what changes, and no more what is gone, nulls in keys included")
    func rowsAreKept() throws {
        let warehouse = warehouse()
        warehouse.take(
            Self.changes(
                [Self.row("ada", .text("m'1"), 1), Self.row("ada", .null, 2), Self.row("bob", .null, 3)], isWhole: true,
                position: 10))
        warehouse.take(
            Self.changes(
                [Self.row("ada", .null, 7), Self.row("eve", .text("m"), 9)], gone: [[.text("bob"), .null]], position: 11
            ))
        warehouse.close()
        #expect(try rows() == ["ada NULL 7", "ada m'1 1", "eve m 9"])
        #expect(reports.all == [])
    }

    @Test("writes each kind of cell so that SQLite can use it")
    func cells() throws {
        let warehouse = warehouse()
        warehouse.take(Self.changes([Self.row("ada", .text("m"), 2)], isWhole: true, position: 1))
        warehouse.close()
        let row = try DatabaseQueue(path: "\(folder)/\(Self.plugin).sqlite").read { db in
            try Row.fetchOne(db, sql: "SELECT seconds, count, passed, last, julianday(last) > 2440587 FROM times")
        }
        let values = Array(try #require(row).databaseValues).map { "\($0)" }
        #expect(values == ["0.5", "2", "1", "\"1970-01-01T00:00:02Z\"", "1"])
    }

    @Test("goes on after a restart where it stood, and is written anew where it did not")
    func restarts() throws {
        var warehouse = warehouse()
        warehouse.take(Self.changes([Self.row("ada", .null, 1)], isWhole: true, position: 10))
        warehouse.close()
        let written = warehouse.counters.rows
        #expect(written == 1)

        // The same position: these rows are the same by law, so others show that nothing is written.
        warehouse = self.warehouse()
        warehouse.take(Self.changes([Self.row("other", .null, 1)], isWhole: true, position: 10))
        warehouse.close()
        #expect(try rows() == ["ada NULL 1"])

        warehouse = self.warehouse()
        warehouse.take(Self.changes([Self.row("bob", .null, 1)], isWhole: true, position: 12))
        warehouse.close()
        #expect(try rows() == ["bob NULL 1"])

        warehouse = self.warehouse()
        warehouse.take(
            Self.changes(
                [[.text("ada"), .integer(5)]], isWhole: true, position: 12, origin: "another build",
                columns: [Self.columns[0], Self.columns[3]]))
        warehouse.close()
        let columns = try DatabaseQueue(path: "\(folder)/\(Self.plugin).sqlite").read { try $0.columns(in: "times") }
        #expect(columns.map(\.name) == ["user \"id\"", "count"])
    }

    @Test("refuses the rows of a host that no longer owns the partition, and says so once")
    func fenced() throws {
        let old = warehouse()
        old.take(Self.changes([Self.row("ada", .null, 1)], isWhole: true, position: 10, epoch: 4))
        // It is written: another one sees it.
        while old.counters.transactions < 1 { usleep(1_000) }
        let new = warehouse()
        new.take(Self.changes([Self.row("ada", .null, 1)], isWhole: true, position: 10, epoch: 5))
        new.take(Self.changes([Self.row("ada", .null, 2)], position: 11, epoch: 5))
        new.close()
        old.take(Self.changes([Self.row("ada", .null, 99)], position: 12, epoch: 4))
        old.take(Self.changes([Self.row("ada", .null, 100)], isWhole: true, position: 13, epoch: 4))
        old.close()
        #expect(try rows() == ["ada NULL 2"])
        #expect(reports.all.count == 1)
        #expect(reports.all.first?.contains("another host owns it (epoch 5, this one has 4)") == true)
    }

    @Test("asks for all rows when what it holds is not what was written last")
    func lost() throws {
        let warehouse = warehouse()
        warehouse.take(Self.changes([Self.row("ada", .null, 1)], isWhole: true, position: 10))
        while warehouse.counters.transactions < 1 { usleep(1_000) }
        try DatabaseQueue(path: "\(folder)/\(Self.plugin).sqlite").write { db in
            try db.execute(sql: "UPDATE lectern_position SET position = 9")
        }
        warehouse.take(Self.changes([Self.row("bob", .null, 1)], position: 11))
        while reports.lost.isEmpty { usleep(1_000) }
        warehouse.take(
            Self.changes([Self.row("ada", .null, 1), Self.row("bob", .null, 1)], isWhole: true, position: 11))
        warehouse.close()
        #expect(reports.lost.contains(Self.plugin))
        #expect(try rows() == ["ada NULL 1", "bob NULL 1"])
    }

    @Test("is gone with its bytes when it is emptied")
    func removed() throws {
        let warehouse = warehouse()
        warehouse.take(Self.changes([Self.row("ada", .null, 1)], isWhole: true, position: 10))
        warehouse.close()
        var configuration = WarehouseConfiguration(directory: folder)
        configuration.kind = .sqlite
        try Warehouse.removeAll(configuration)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
    }
}
