package import CoreMetrics
import Synchronization

/// What is counted by way of swift-metrics: by libraries, and by modules of this host that measure durations. Thread-safe.
///
/// A metric `http.server.request.duration` is shown as `http_server_request_duration_seconds`: a timer as a histogram, a
/// counter with `_total`, a recorder as a histogram of its values, or as its last value. Making a metric takes a lock, so
/// keep it; counting takes none and allocates nothing. There is a limit to the series of a family, since their labels are not
/// this host's; what is beyond it is not counted.
package final class RecordedMetrics: MetricsFactory {
    /// Series of one family.
    private static let limit = 1000
    /// Seconds.
    private static let durations = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    private static let values: [Double] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000]

    private struct Family {
        let label: String
        let kind: MetricFamily.Kind
        var series: [[String]: (labels: [(name: String, value: String)], recorder: any MetricRecorder)] = [:]
    }

    private let recorders = Mutex<[String: Family]>([:])

    package init() {}

    /// All that was recorded, in no order.
    var shown: [MetricFamily] {
        recorders.withLock { $0 }.map { name, family in
            let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
            return MetricFamily(
                name: name, kind: family.kind, help: "What is recorded as \(family.label).",
                samples: series.flatMap { series in
                    series.recorder.samples.map { sample in
                        var sample = sample
                        sample.labels = series.labels + sample.labels
                        return sample
                    }
                })
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, "_total", .counter, dimensions) { RecordedCounter() } ?? NOOPMetricsHandler.instance
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(label, "_total", .counter, dimensions) { RecordedSum() } ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, "", .gauge, dimensions) { RecordedValue() } ?? NOOPMetricsHandler.instance
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            let histogram = series(label, "", .histogram, dimensions) { RecordedHistogram(Self.values) }
            return histogram ?? NOOPMetricsHandler.instance
        }
        let value = series(label, "", .gauge, dimensions) { RecordedValue() }
        return value ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, "_seconds", .histogram, dimensions) { RecordedHistogram(Self.durations) }
            ?? NOOPMetricsHandler.instance
    }

    // A figure that has been shown stays: a counter that went and came again would look like a restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// The series with these labels, made at the first call; nil if there are too many, or the name is another kind's.
    private func series<Recorder: MetricRecorder>(
        _ label: String, _ ending: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)],
        _ make: () -> Recorder
    ) -> Recorder? {
        let spelled = Self.name(label)
        let name = spelled.hasSuffix(ending) ? spelled : spelled + ending
        let labels = dimensions.map { (name: Self.name($0.0), value: $0.1) }
        let key = labels.flatMap { [$0.name, $0.value] }
        return recorders.withLock { recorders in
            var family = recorders[name] ?? Family(label: label, kind: kind)
            guard family.kind == kind else { return nil }
            if let known = family.series[key] { return known.recorder as? Recorder }
            guard family.series.count < Self.limit else { return nil }
            let recorder = make()
            family.series[key] = (labels, recorder)
            recorders[name] = family
            return recorder
        }
    }

    /// Letters, digits and underscores, a letter first.
    private static func name(_ text: String) -> String {
        let spelled = String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        return spelled.first?.isNumber == true ? "_\(spelled)" : spelled
    }
}
