import Synchronization

/// The host's figures. Thread-safe.
///
/// A module counts for itself and gives closures that read its counters, so that counting costs nothing here. What counts
/// by swift-metrics, such as libraries, is found in `recorded`. Labels hold fixed words (a stage, a plugin's id), never
/// anything that a student sends.
package final class MetricsRegistry: Sendable {
    package typealias Sample = MetricFamily.Sample

    private struct Source: Sendable {
        let name: String
        let kind: MetricFamily.Kind
        let help: String
        let read: @Sendable () async -> [Sample]
    }

    /// What is counted by way of swift-metrics; see `MetricsSystem.bootstrap`.
    package let recorded = RecordedMetrics()
    private let sources: Mutex<[Source]> = Mutex([])

    package init() {}

    /// Adds a family. A counter's name ends in `_total`; units are spelled out (`_seconds`, `_bytes`).
    package func add(
        _ kind: MetricFamily.Kind, _ name: String, _ help: String, _ read: @escaping @Sendable () async -> [Sample]
    ) {
        sources.withLock { $0.append(Source(name: name, kind: kind, help: help, read: read)) }
    }

    package func add(
        _ kind: MetricFamily.Kind, _ name: String, _ help: String, value: @escaping @Sendable () -> Double
    ) {
        add(kind, name, help) { [Sample(value())] }
    }

    /// All families, by name.
    package func text(_ format: MetricsFormat = .prometheus) async -> String {
        var families = recorded.shown
        for source in sources.withLock({ $0 }) {
            let samples = await source.read()
            families.append(MetricFamily(name: source.name, kind: source.kind, help: source.help, samples: samples))
        }
        var text = ""
        for family in families.sorted(by: { $0.name < $1.name }) { family.write(format, to: &text) }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }
}
