import Testing
import Web

struct MetricsTests {
    @Test func familiesAreWrittenAsPrometheusReadsThem() {
        let metrics = MetricsRegistry()
        metrics.add(.gauge, "lectern_b", "Two\nlines \\ here.") { [] }
        metrics.add(.counter, "lectern_a_total", "All a.") {
            [
                MetricsRegistry.Sample(3, labels: [("stage", "a\"b\\c\nd")]),
                MetricsRegistry.Sample(0.5, labels: [("stage", "x"), ("plugin", "y")]),
            ]
        }
        #expect(
            metrics.text() == """
                # HELP lectern_a_total All a.
                # TYPE lectern_a_total counter
                lectern_a_total{stage="a\\"b\\\\c\\nd"} 3
                lectern_a_total{stage="x",plugin="y"} 0.5
                # HELP lectern_b Two\\nlines \\\\ here.
                # TYPE lectern_b gauge

                """)
    }
}
