import CoreMetrics
import Foundation
import PluginHost
import Settings
import Testing
import Web

struct MetricsTests {
    private func registry() -> MetricsRegistry {
        let metrics = MetricsRegistry()
        metrics.add(.gauge, "lectern_b_bytes", "Two\nlines \\ \"here\".") { [] }
        metrics.add(.counter, "lectern_a_total", "All a.") {
            [
                MetricsRegistry.Sample(3, labels: [("stage", "a\"b\\c\nd")]),
                MetricsRegistry.Sample(0.5, labels: [("stage", "x"), ("plugin", "y")]),
            ]
        }
        return metrics
    }

    @Test func familiesAreWrittenAsPrometheusReadsThem() async {
        #expect(
            await registry().text() == """
                # HELP lectern_a_total All a.
                # TYPE lectern_a_total counter
                lectern_a_total{stage="a\\"b\\\\c\\nd"} 3
                lectern_a_total{stage="x",plugin="y"} 0.5
                # HELP lectern_b_bytes Two\\nlines \\\\ "here".
                # TYPE lectern_b_bytes gauge

                """)
    }

    @Test func openMetricsNamesUnitsAndTheEnd() async {
        #expect(
            await registry().text(.openMetrics) == """
                # HELP lectern_a All a.
                # TYPE lectern_a counter
                lectern_a_total{stage="a\\"b\\\\c\\nd"} 3
                lectern_a_total{stage="x",plugin="y"} 0.5
                # HELP lectern_b_bytes Two\\nlines \\\\ \\"here\\".
                # TYPE lectern_b_bytes gauge
                # UNIT lectern_b_bytes bytes
                # EOF

                """)
    }

    @Test(
        arguments: [
            (nil, MetricsFormat.prometheus),
            ("*/*", .prometheus),
            ("text/html", .prometheus),
            // What Prometheus 2.42 asks for.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
            ),
            ("text/plain;version=0.0.4, application/openmetrics-text; version=1.0.0; q=0.5", .prometheus),
            ("application/openmetrics-text; version=2.0.0, text/plain;q=0.1", .prometheus),
            ("APPLICATION/OPENMETRICS-TEXT", .openMetrics),
        ] as [(String?, MetricsFormat)])
    func theFormatIsWhatTheRequesterPrefers(accept: String?, format: MetricsFormat) {
        #expect(MetricsFormat(accept: accept) == format)
    }

    @Test func whatLibrariesRecordIsShownUnderConventionalNames() async {
        let metrics = MetricsRegistry()
        let factory = metrics.recorded
        factory.makeCounter(label: "hb.requests", dimensions: [("http.route", "/a")]).increment(by: 2)
        // The same series, wherever it is made.
        factory.makeCounter(label: "hb.requests", dimensions: [("http.route", "/a")]).increment(by: 1)
        factory.makeMeter(label: "open-files", dimensions: []).set(7 as Int64)
        let timer = factory.makeTimer(label: "request.duration", dimensions: [])
        for duration in [500_000, 700_000_000, 60_000_000_000] as [Int64] { timer.recordNanoseconds(duration) }
        let lines = await metrics.text().split(separator: "\n").map(String.init)
        #expect(lines.contains("hb_requests_total{http_route=\"/a\"} 3"))
        #expect(lines.contains("# TYPE hb_requests_total counter"))
        #expect(lines.contains("open_files 7"))
        #expect(lines.contains("# TYPE request_duration_seconds histogram"))
        #expect(lines.contains("request_duration_seconds_bucket{le=\"0.001\"} 1"))
        #expect(lines.contains("request_duration_seconds_bucket{le=\"0.5\"} 1"))
        #expect(lines.contains("request_duration_seconds_bucket{le=\"1.0\"} 2"))
        #expect(lines.contains("request_duration_seconds_bucket{le=\"+Inf\"} 3"))
        #expect(lines.contains("request_duration_seconds_sum 60.7005"))
        #expect(lines.contains("request_duration_seconds_count 3"))
    }

    @Test func nothingIsLostWhenManyCountAtOnce() async {
        let metrics = MetricsRegistry()
        let timer = metrics.recorded.makeTimer(label: "a", dimensions: [])
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask { for _ in 0..<1000 { timer.recordNanoseconds(500_000_000) } }
            }
        }
        let text = await metrics.text()
        #expect(text.contains("a_seconds_count 8000\n") && text.contains("a_seconds_sum 4000\n"))
    }

    @Test func labelsThatNobodyBoundsDontFillTheMemory() async {
        let metrics = MetricsRegistry()
        for number in 0..<3000 {
            metrics.recorded.makeCounter(label: "a", dimensions: [("n", "\(number)")]).increment(by: 1)
        }
        #expect(await metrics.text().split(separator: "\n").count == 1002)
    }
}

struct TableMetricTests {
    private let scores = TableSnapshot(
        id: TableID(plugin: "memory-score", table: "memory_scores"), title: "",
        columns: [
            TableColumn(name: "user_id", title: "", type: .text, isKey: true),
            TableColumn(name: "domain", title: "", type: .text, isKey: true),
            TableColumn(name: "urgency", title: "", type: .text),
            TableColumn(name: "failed", title: "", type: .integer),
            TableColumn(name: "attempts", title: "", type: .integer),
        ],
        rows: [
            [.text("a"), .text("x"), .text("high"), .integer(1), .integer(2)],
            [.text("a"), .text("y"), .text("high"), .integer(0), .integer(2)],
            [.text("b"), .text("x"), .text("low"), .integer(2), .integer(4)],
            [.text("c"), .text("z"), .text("low"), .null, .integer(2)],
            [.text("d"), .text("z"), .null, .integer(1), .integer(0)],
        ], version: 1)

    private func configuration(_ yaml: String) throws -> MetricsConfiguration {
        let settings = try Settings(yaml: "metrics:\n  tables:\n" + yaml, file: "f.yaml")
        return try settings.validate { MetricsConfiguration($0.section("metrics")) }
    }

    private func values(_ text: String, limit: Int = 100) throws -> [String] {
        let all = try configuration("    lectern_a: {help: A., table: memory-score/memory_scores, \(text)}\n")
        let samples = try #require(all.tables.first).samples(of: scores, limit: limit)
        return samples.map { "\($0.labels.map(\.value).joined(separator: ",")):\($0.value)" }
    }

    @Test(
        arguments: [
            ("rows: true", [":5.0"]),
            ("rows: true, where: {urgency: high}", [":2.0"]),
            ("sum: attempts", [":10.0"]),
            ("sum: failed, per: attempts", [":0.4"]),
            ("distinct: user_id", [":4.0"]),
            ("distinct: user_id, where: {urgency: high}, share: true", [":0.25"]),
            ("sum: failed, per: attempts, by: domain", ["x:0.5", "y:0.0", "z:0.5"]),
            // Nothing to divide by.
            ("sum: failed, per: failed, by: user_id, where: {urgency: low}", ["a:0.0", "b:1.0", "d:0.0"]),
            ("sum: missing", []),
        ] as [(String, [String])])
    func rowsBecomeFigures(text: String, expected: [String]) throws {
        #expect(try values(text) == expected)
    }

    @Test func moreSeriesThanAllowedBecomeOne() throws {
        #expect(try values("sum: attempts, by: domain", limit: 1) == ["other:4.0", "x:6.0"])
    }

    @Test(arguments: [
        ("lectern_a: {help: A., table: t, rows: true}", "f.yaml:3, metrics.tables.lectern_a.table: found “t”"),
        ("lectern_a: {help: A., table: p/t}", "found none or several of sum, distinct and rows"),
        ("lectern_a: {help: A., table: p/t, rows: true, sum: a}", "found none or several of sum, distinct and rows"),
        ("lectern_a: {help: A., table: p/t, rows: true, per: a}", "found per without sum"),
        ("lectern_a: {help: A., table: p/t, rows: true, share: true}", "found share of all rows"),
        ("Lag: {help: A., table: p/t, rows: true}", "found a figure “Lag”"),
        ("lectern_a: {table: p/t, rows: true}", "metrics.tables.lectern_a.help: found nothing"),
        ("lectern_a: {help: A., table: p/t, row: true}", "Did you mean `rows`?"),
    ])
    func mistakesAreNamed(text: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try configuration("    \(text)\n") }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }
}
