import CPostgreSQL
import Glibc
import PluginHost
import PostgreSQL
import Sinks

// How many rows a second come into PostgreSQL: by the warehouse, and by a bare loop of COPY and upsert over libpq.
//
//     warehouse-rows HOST PORT ROWS ROUNDS
//
// Both write ROWS rows ROUNDS times, of which half are new each time and half replace others; each time is a transaction.
// Prints the rows a second of the warehouse and of the loop.

guard CommandLine.arguments.count == 5, let rows = Int(CommandLine.arguments[3]),
    let rounds = Int(CommandLine.arguments[4])
else {
    print("expected: warehouse-rows HOST PORT ROWS ROUNDS")
    exit(64)
}
let (host, port) = (CommandLine.arguments[1], CommandLine.arguments[2])

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

@Sendable func fail(_ reason: String) -> Never {
    print(reason)
    exit(1)
}

// MARK: The warehouse

let columns = [
    TableColumn(name: "user_id", title: "", type: .text, isKey: true),
    TableColumn(name: "module", title: "", type: .text, isKey: true),
    TableColumn(name: "attempt_count", title: "", type: .integer),
    TableColumn(name: "average_score", title: "", type: .number),
    TableColumn(name: "last_attempted_at", title: "", type: .time),
]

func changes(_ round: Int) -> TableChanges {
    let first = round * rows / 2
    let made = (first..<first + rows).map { row -> [Cell] in
        [
            .text("student-\(row)"), .text("dsa-arrays"), .integer(Int64(round)), .number(Double(row % 1000) / 7),
            .time(1_767_225_600_000_000 + Int64(row) * 1_000),
        ]
    }
    return TableChanges(
        plugin: "bench", origin: "bench", isWhole: round == 0,
        positions: [0: TableChanges.Position(epoch: 1, position: UInt64(round + 1))],
        tables: [
            TableChanges.Table(
                id: TableID(plugin: "bench", table: "scores"), columns: columns, rows: round == 0 ? [] : made)
        ])
}

var configuration = WarehouseConfiguration(directory: "")
configuration.kind = .postgresql
configuration.limit = 10 * rows
configuration.postgresql.host = host
configuration.postgresql.port = Int(port)
configuration.postgresql.user = "postgres"
configuration.postgresql.database = "postgres"
guard let warehouse = Warehouse(configuration, report: { fail($0) }) else { fail("no warehouse") }

func write(_ changes: TableChanges) {
    let before = warehouse.counters.transactions
    warehouse.take(changes)
    while warehouse.counters.transactions == before { usleep(200) }
}

write(changes(0))
let all = (1...rounds).map(changes)
let began = seconds()
for changes in all { write(changes) }
let warehouseRate = Double(rows * rounds) / (seconds() - began)
warehouse.close()

// MARK: The loop

guard let connection = PQconnectdb("host=\(host) port=\(port) user=postgres dbname=postgres"),
    PQstatus(connection) == CONNECTION_OK
else { fail("no connection") }

func run(_ sql: String) {
    let result = PQexec(connection, sql)
    let status = PQresultStatus(result)
    guard status == PGRES_COMMAND_OK || status == PGRES_COPY_IN else {
        fail(String(cString: PQerrorMessage(connection)))
    }
    PQclear(result)
}

PQsetNoticeProcessor(connection, { _, _ in }, nil)
run(
    """
    DROP TABLE IF EXISTS floor;
    CREATE TABLE floor (user_id text COLLATE "C", module text COLLATE "C", attempt_count bigint, average_score float8,
        last_attempted_at timestamptz, UNIQUE NULLS NOT DISTINCT (user_id, module));
    CREATE TEMPORARY TABLE stage (LIKE floor) ON COMMIT DELETE ROWS
    """)
let texts = (1...rounds).map { round -> [CChar] in
    let first = round * rows / 2
    return (first..<first + rows).map { row in
        "student-\(row)\tdsa-arrays\t\(round)\t\(Double(row % 1000) / 7)\t2026-01-01T00:00:00.\(row % 1000)Z\n"
    }.joined().utf8.map { CChar(bitPattern: $0) }
}
let floorBegan = seconds()
for text in texts {
    run("BEGIN")
    run("COPY stage FROM STDIN")
    var start = 0
    while start < text.count {
        let count = min(64 << 10, text.count - start)
        text.withUnsafeBufferPointer { _ = PQputCopyData(connection, $0.baseAddress! + start, Int32(count)) }
        start += count
    }
    PQputCopyEnd(connection, nil)
    while let result = PQgetResult(connection) { PQclear(result) }
    run(
        """
        INSERT INTO floor SELECT * FROM stage ON CONFLICT (user_id, module) DO UPDATE SET
            attempt_count = excluded.attempt_count, average_score = excluded.average_score,
            last_attempted_at = excluded.last_attempted_at
        """)
    run("COMMIT")
}
let floorRate = Double(rows * rounds) / (seconds() - floorBegan)
PQfinish(connection)
print(Int(warehouseRate), Int(floorRate))
