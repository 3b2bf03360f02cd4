import Enrichment
import PluginHost
import Records
import Synchronization
import Testing

/// Answers from the tables that plugins of this host make.
@Suite("A table of the host") struct OwnTableTests {
    private static let hours = TableID(plugin: "windows", table: "hours")
    private static let columns = [
        TableColumn(name: "user_id", title: "", type: .text, isKey: true),
        TableColumn(name: "window", title: "", type: .time, isKey: true),
        TableColumn(name: "attempts", title: "", type: .integer),
        TableColumn(name: "accuracy", title: "", type: .number),
    ]
    private static let plugin = EnrichingPlugin(
        id: "windows", enrichers: [], tables: ["hours": columns, "totals": [columns[0], columns[2]]])
    private static let hour: Int64 = 3_600_000_000

    /// The configuration of an enricher that looks up in a table by its actor.
    private static func configuration(
        _ table: TableID = hours, rows: Int = 100, _ change: (inout EnrichmentConfiguration.Enricher) -> Void = { _ in }
    ) -> EnrichmentConfiguration {
        var configuration = EnrichmentConfiguration()
        var kind = SourceConfiguration.Table(id: table)
        kind.rows = rows
        configuration.sources = ["own": SourceConfiguration(.table(kind))]
        var enricher = EnrichmentConfiguration.Enricher(source: "own")
        enricher.ttl = 0
        enricher.declared = DeclaredEnricher(member: "activity")
        change(&enricher)
        configuration.enrichers = ["activity": enricher]
        return configuration
    }

    /// An enrichment whose wall clock says 1,000 hours since 1970.
    private struct Subject {
        let rig = EnrichmentRig()
        let tables: OwnTables
        let enrichment: Enrichment

        init(_ configuration: EnrichmentConfiguration = OwnTableTests.configuration()) throws {
            let rig = self.rig
            tables = try #require(OwnTables(configuration) { rig.reports.add($0) })
            enrichment = Enrichment(
                configuration, tables: tables, clock: { rig.clock.now }, wallClock: { 1_000 * OwnTableTests.hour },
                report: { rig.reports.add($0) })
            enrichment.use([OwnTableTests.plugin])
        }

        func take(_ rows: [[Cell]], gone: [[Cell]] = [], whole: Bool = false, table: TableID = OwnTableTests.hours) {
            let columns =
                table == OwnTableTests.hours
                ? OwnTableTests.columns : [OwnTableTests.columns[0], OwnTableTests.columns[2]]
            tables.take(
                TableChanges(
                    plugin: "windows", origin: "", isWhole: whole, positions: [:],
                    tables: [TableChanges.Table(id: table, columns: columns, rows: rows, gone: gone)]))
        }

        /// What is recorded of an event of an actor.
        func fields(of actor: String, identity: String? = nil) throws -> String {
            var reader: EnrichmentReader?
            var version = 0
            enrichment.refresh(&reader, version: &version)
            let made = try #require(reader)
            let lookups = try #require(rig.begin(made, actor: actor, identity: identity))
            waitUntil { lookups.isComplete }
            return rig.write(made, lookups)
        }
    }

    private func row(_ actor: String, hour: Int64, _ attempts: Int64) -> [Cell] {
        [.text(actor), .time(hour * Self.hour), .integer(attempts), .null]
    }

    private func answer(_ hour: String, _ attempts: Int) -> String {
        #"{"enrichment":{"activity":"fresh"},"activity":{"window":"\#(hour)","attempts":\#(attempts)}}"#
    }

    private let nothing = #"{"enrichment":{"activity":"missing"},"activity":null}"#

    @Test("says what the newest of an actor's windows has, as it changes") func newest() throws {
        let subject = try Subject()
        subject.take([row("ada", hour: 999, 3), row("ada", hour: 1000, 1), row("bob", hour: 2, 9)], whole: true)
        #expect(try subject.fields(of: "ada") == answer("1970-02-11T16:00:00Z", 1))
        subject.take([row("ada", hour: 1000, 2), row("ada", hour: 999, 4)])
        #expect(try subject.fields(of: "ada") == answer("1970-02-11T16:00:00Z", 2))
        #expect(try subject.fields(of: "eve") == nothing)
    }

    @Test("says nothing of a window that is over, where only the present one is wanted") func within() throws {
        let subject = try Subject(Self.configuration { $0.within = Self.hour })
        subject.take([row("ada", hour: 1000, 1), row("bob", hour: 999, 9)], whole: true)
        #expect(try subject.fields(of: "ada") == answer("1970-02-11T16:00:00Z", 1))
        #expect(try subject.fields(of: "bob") == nothing)
    }

    @Test("forgets rows that are gone, and all of them for others") func gone() throws {
        let subject = try Subject()
        subject.take([row("ada", hour: 5, 1), row("bob", hour: 7, 2), row("eve", hour: 7, 3)], whole: true)
        subject.take(
            [row("bob", hour: 8, 4)],
            gone: [[.text("ada"), .time(5 * Self.hour)], [.text("bob"), .time(7 * Self.hour)]])
        #expect(try subject.fields(of: "ada") == nothing)
        #expect(try subject.fields(of: "bob") == answer("1970-01-01T08:00:00Z", 4))
        subject.take([row("bob", hour: 9, 5)], whole: true)
        #expect(try subject.fields(of: "bob") == answer("1970-01-01T09:00:00Z", 5))
        #expect(try subject.fields(of: "eve") == nothing)
    }

    @Test("has the columns that are asked for") func columns() throws {
        let subject = try Subject(Self.configuration { $0.declared?.columns = ["attempts"] })
        subject.take([row("ada", hour: 5, 1)], whole: true)
        #expect(try subject.fields(of: "ada") == #"{"enrichment":{"activity":"fresh"},"activity":{"attempts":1}}"#)
    }

    @Test("without windows has one row of each key") func totals() throws {
        let table = TableID(plugin: "windows", table: "totals")
        let subject = try Subject(Self.configuration(table))
        subject.take([[.text("ada"), .integer(1)]], whole: true, table: table)
        subject.take([[.text("ada"), .integer(2)]], table: table)
        #expect(try subject.fields(of: "ada") == #"{"enrichment":{"activity":"fresh"},"activity":{"attempts":2}}"#)
        subject.take([], gone: [[.text("ada")]], table: table)
        #expect(try subject.fields(of: "ada") == nothing)
    }

    @Test("knows the actor by the name that the log has, not by the one that other sources know") func identity() throws
    {
        let subject = try Subject()
        subject.take([row("jwt-ada", hour: 5, 1), row("ada", hour: 6, 2)], whole: true)
        #expect(try subject.fields(of: "ada", identity: "jwt-ada") == answer("1970-01-01T05:00:00Z", 1))
    }

    @Test("is no answer before its rows are read, and asked again for the next event") func early() throws {
        let subject = try Subject()
        for _ in 0..<10 { #expect(try subject.fields(of: "ada") == nothing) }
        subject.take([row("ada", hour: 5, 1)], whole: true)
        #expect(try subject.fields(of: "ada") == answer("1970-01-01T05:00:00Z", 1))
        #expect(
            subject.rig.reports.all == ["enrichment.sources.own, activity: the rows of windows/hours are not read yet"])
    }

    @Test("has rows of no more keys than the settings allow, and the operator is told once") func limit() throws {
        let subject = try Subject(Self.configuration(rows: 2))
        subject.take([row("ada", hour: 5, 1)], whole: true)
        for hour in 6..<9 { subject.take(["ada", "bob", "eve"].map { row($0, hour: Int64(hour), 2) }) }
        #expect(try subject.fields(of: "bob") == answer("1970-01-01T08:00:00Z", 2))
        #expect(try subject.fields(of: "eve") == nothing)
        #expect(
            subject.rig.reports.all == [
                "enrichment: windows/hours has rows of more than 2 keys (rows of its source); the others are not looked up"
            ])
    }

    @Test("that does not fit is refused with the setting")
    func mistakes() throws {
        func problems(
            _ table: TableID = Self.hours, _ change: (inout EnrichmentConfiguration.Enricher) -> Void = { _ in }
        ) -> [String] {
            Self.configuration(table, change).problems(with: [Self.plugin], mayLackFunctions: false)
        }
        #expect(problems().isEmpty)
        #expect(
            problems(TableID(plugin: "windows", table: "days")) == [
                "enrichment.sources.own.table: expected a table of plugin windows (hours, totals), found days"
            ])
        #expect(problems(TableID(plugin: "nobody", table: "days")).isEmpty)
        #expect(
            problems { $0.declared?.key = [.actor, .field(path: "item_id")] } == [
                "enrichment.enrichers.activity.by: expected what corresponds to the key of windows/hours (user_id), found "
                    + "actor, item_id"
            ])
        #expect(
            problems { $0.declared?.columns = ["attempts", "count"] } == [
                "enrichment.enrichers.activity.members: expected columns of windows/hours (window, attempts, accuracy), "
                    + "found count"
            ])
        #expect(
            problems(TableID(plugin: "windows", table: "totals")) { $0.within = 1 } == [
                "enrichment.enrichers.activity.within: expected a table with a time in its key, the beginning of a window; "
                    + "found windows/totals"
            ])
    }
}
