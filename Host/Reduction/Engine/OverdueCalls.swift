import PluginHost
import Records

/// Finds calls of plugins that do not return, by looking at the slots where they are noted, again and again. Not
/// thread-safe.
struct OverdueCalls {
    private let slots: [ActivitySlot]
    /// Of each slot: the call that was seen last, and since when; microseconds of `MonotonicClock`.
    private var seen: [(call: UInt64?, since: Int64)]

    init(_ slots: [ActivitySlot]) {
        self.slots = slots
        seen = slots.map { _ in (nil, 0) }
    }

    /// The calls that have gone on for longer than they may.
    ///
    /// - Parameter deadline: how long a call of the plugin may take.
    mutating func look(deadline: (_ plugin: String) -> Duration) -> [(slot: ActivitySlot, call: PluginCall)] {
        let now = MonotonicClock.microseconds
        var overdue: [(slot: ActivitySlot, call: PluginCall)] = []
        for (index, slot) in slots.enumerated() {
            let number = slot.callInProgress
            if number == nil || number != seen[index].call {
                seen[index] = (number, now)
            } else if let call = slot.call,
                Double(now - seen[index].since) > deadline(call.plugin).seconds * 1e6
            {
                overdue.append((slot, call))
            }
        }
        return overdue
    }
}
