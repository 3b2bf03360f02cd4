import CoreMetrics
import Synchronization

/// What a series of swift-metrics counts with: atomics alone.
protocol MetricRecorder: AnyObject, Sendable {
    /// With what the series' own labels do not say.
    var samples: [MetricFamily.Sample] { get }
}

final class RecordedCounter: MetricRecorder, CounterHandler {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    var samples: [MetricFamily.Sample] { [MetricFamily.Sample(Double(count.load(ordering: .relaxed)))] }
}

final class RecordedSum: MetricRecorder, FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    func increment(by amount: Double) { sum.add(amount) }
    func reset() { sum.value = 0 }

    var samples: [MetricFamily.Sample] { [MetricFamily.Sample(sum.value)] }
}

/// A value that goes up and down, or the last of many.
final class RecordedValue: MetricRecorder, MeterHandler, RecorderHandler {
    private let last = AtomicDouble()

    func set(_ value: Int64) { last.value = Double(value) }
    func set(_ value: Double) { last.value = value }
    func increment(by amount: Double) { last.add(amount) }
    func decrement(by amount: Double) { last.add(-amount) }
    func record(_ value: Int64) { last.value = Double(value) }
    func record(_ value: Double) { last.value = value }

    var samples: [MetricFamily.Sample] { [MetricFamily.Sample(last.value)] }
}

/// How many values were at most so large, for some bounds.
final class RecordedHistogram: MetricRecorder, RecorderHandler, TimerHandler {
    private final class Bucket: Sendable {
        let count = Atomic<UInt64>(0)
    }

    private let bounds: [Double]
    /// One more than there are bounds: what is greater than all.
    private let buckets: [Bucket]
    private let sum = AtomicDouble()

    init(_ bounds: [Double]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in Bucket() }
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        buckets[index].count.wrappingAdd(1, ordering: .relaxed)
        sum.add(value)
    }

    var samples: [MetricFamily.Sample] {
        var samples: [MetricFamily.Sample] = []
        var count: UInt64 = 0
        for (index, bucket) in buckets.enumerated() {
            count += bucket.count.load(ordering: .relaxed)
            let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
            var sample = MetricFamily.Sample(Double(count), labels: [("le", bound)])
            sample.suffix = "_bucket"
            samples.append(sample)
        }
        var total = MetricFamily.Sample(sum.value)
        total.suffix = "_sum"
        var number = MetricFamily.Sample(Double(count))
        number.suffix = "_count"
        return samples + [total, number]
    }
}

/// A number that many threads add to.
final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double {
        get { Double(bitPattern: bits.load(ordering: .relaxed)) }
        set { bits.store(newValue.bitPattern, ordering: .relaxed) }
    }

    func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, current) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = current
        }
    }
}
