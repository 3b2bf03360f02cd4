import CPluginAPI
import PluginAPI
import Testing

@Suite("Migrations")
struct MigrationTests {
    private let host = FakeHost()
    private let migrations: [lectern_migration]
    private let reducer: lectern_reducer

    init() throws {
        try #require(host.create(SamplePlugin.self) == LECTERN_OK)
        let table = try #require(host.table(LECTERN_MIGRATIONS, as: lectern_migrations.self))
        migrations = (0..<Int(table.count)).map { table.items[$0]!.pointee }
        reducer = try #require(host.reducers.first { string($0.id) == "scores" })
    }

    private func convert(_ migration: lectern_migration, _ bytes: [UInt8]) -> (status: lectern_status, bytes: [UInt8]) {
        let output = Output()
        let status = withUnsafePointer(to: output.writer) {
            migration.convert(migration.context, bytes, UInt64(bytes.count), $0)
        }
        return (status, output.bytes)
    }

    /// {"labels": ["b", "a"]}, as version 1 wrote it.
    private let first: [UInt8] = [0xa1, 0x66] + Array("labels".utf8) + [0x82, 0x61, 0x62, 0x61, 0x61]

    @Test("are declared with the reducer's id and both versions")
    func declared() {
        #expect(migrations.map { string($0.reducer) } == ["scores", "scores"])
        #expect(migrations.map(\.from) == [1, 2] && migrations.map(\.to) == [2, 1])
    }

    @Test("make a state of this version from another's, and the other's from this one's")
    func converted() {
        let up = convert(migrations[0], first)
        #expect(up.status == LECTERN_OK)
        let state = UnsafeMutableRawPointer.allocate(byteCount: Int(reducer.state_size), alignment: 64)
        #expect(reducer.decode(reducer.context, up.bytes, UInt64(up.bytes.count), state) == LECTERN_OK)
        #expect(state.load(as: Scores.State.self).labels == ["a", "b"])
        let down = convert(migrations[1], up.bytes)
        #expect(down.status == LECTERN_OK)
        // Sorted, as the closure sorts them.
        #expect(down.bytes == [0xa1, 0x66] + Array("labels".utf8) + [0x82, 0x61, 0x61, 0x61, 0x62])
    }

    @Test("fail with the closure's reason, and for what is no state", arguments: [0, 1])
    func refused(index: Int) {
        #expect(convert(migrations[index], [0xa0]).status == LECTERN_FAILED)
        #expect(convert(migrations[index], []).status == LECTERN_FAILED)
        if index == 0 {
            #expect(convert(migrations[0], [0xa1, 0x66] + Array("labels".utf8) + [0x80]).status == LECTERN_FAILED)
            #expect(host.failures.last == "no label")
        }
    }

    @Test("from a version to itself, or twice the same, are refused")
    func wrong() {
        #expect(host.create(Wrong<Same>.self) != LECTERN_OK)
        #expect(host.failures.last == "reducer wrong, migrations: expected another version than 3, found .from(3)")
        #expect(host.create(Wrong<Twice>.self) != LECTERN_OK)
        #expect(host.failures.last == "reducer wrong, migrations: expected one .to(1), found two")
    }
}

private protocol Edges { static var all: [Migration<Int>] { get } }

private enum Same: Edges {
    static var all: [Migration<Int>] { [.from(3) { (old: Int) in old }] }
}

private enum Twice: Edges {
    static var all: [Migration<Int>] { [.to(1) { $0 }, .to(2) { $0 }, .to(1) { $0 }] }
}

private struct Wrong<E: Edges>: Plugin {
    init(settings: NoSettings) {}
    var components: Components { Counter.self }

    struct Counter: Reducer {
        static var id: String { "wrong" }
        static var version: Int { 3 }
        static var events: EventFilter { .all }
        static var key: Key { [.actor] }
        static var migrations: [Migration<Int>] { E.all }
        typealias Input = Event
        typealias State = Int

        static func reduce(_ state: inout Int, _ event: Event) { state += 1 }
    }
}
