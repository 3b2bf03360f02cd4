/// How fast events may come, on average, and how many at once: a token bucket, kept as the time at which it will be full
/// (the generic cell rate algorithm, ITU-T I.371). Not thread-safe.
package struct RateLimit: Sendable {
    /// Events a second, and events at once; 0 a second: as many as like.
    package struct Setting: Sendable {
        package var perSecond: Int
        package var burst: Int

        package init(perSecond: Int, burst: Int) {
            self.perSecond = perSecond
            self.burst = burst
        }

        var isOff: Bool { perSecond == 0 }
        fileprivate var interval: Int64 { max(1, 1_000_000 / Int64(perSecond)) }
    }

    /// When the bucket is full again, in microseconds.
    private var full: Int64 = .min

    /// Takes `count` events, which have come already. Returns how long no more should, in microseconds; 0: they may.
    mutating func take(_ count: Int, at now: Int64, _ setting: Setting) -> Int64 {
        guard !setting.isOff, count > 0 else { return 0 }
        full = max(full, now) + Int64(count) * setting.interval
        return wait(at: now, setting)
    }

    /// How long no more should come, in microseconds; 0: they may.
    func wait(at now: Int64, _ setting: Setting) -> Int64 {
        full <= now ? 0 : max(0, full - now - Int64(setting.burst) * setting.interval)
    }

    /// It is as if nothing had come.
    func isFull(at now: Int64) -> Bool { full <= now }
}
