import Records
import Synchronization

/// How fast the events of each actor come, over all of his connections. Any thread.
final class ActorRates: Sendable {
    private struct State {
        var rates: [UInt64: RateLimit] = [:]
        /// How many there may be before those that are forgotten are looked for.
        var sweep = 1024
    }

    private let setting: RateLimit.Setting
    private let state = Mutex(State())

    init(_ setting: RateLimit.Setting) { self.setting = setting }

    /// As `RateLimit.take`. Actors of the same hash share a rate.
    func take(_ count: Int, of actor: UnsafeRawBufferPointer, at now: Int64) -> Int64 {
        guard !setting.isOff, count > 0 else { return 0 }
        let hash = UInt64(Self.hash(actor))
        return state.withLock { state in
            if state.rates.count >= state.sweep {
                state.rates = state.rates.filter { !$0.value.isFull(at: now) }
                state.sweep = max(1024, state.rates.count * 2)
            }
            return state.rates[hash, default: RateLimit()].take(count, at: now, setting)
        }
    }

    /// How long no more events of the actor should come, in microseconds; 0: they may.
    func wait(of actor: UnsafeRawBufferPointer, at now: Int64) -> Int64 {
        if setting.isOff { return 0 }
        let hash = UInt64(Self.hash(actor))
        return state.withLock { $0.rates[hash]?.wait(at: now, setting) ?? 0 }
    }

    private static func hash(_ actor: UnsafeRawBufferPointer) -> UInt {
        var hasher = Hasher()
        hasher.combine(bytes: actor)
        return UInt(bitPattern: hasher.finalize())
    }
}
