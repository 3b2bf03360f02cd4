import Glibc
import Records

/// How long this process folds.
struct FoldClock {
    private let began = MonotonicClock.microseconds
    private let used = Self.processor

    func stop(_ summary: inout FoldSummary) {
        summary.foldSeconds = Double(MonotonicClock.microseconds - began) / 1e6
        summary.cpuSeconds = Self.processor - used
    }

    /// Seconds of processors that this process has had.
    private static var processor: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
