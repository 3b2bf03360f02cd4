import CRecords
import Glibc
import PluginHost
import Records

/// Has the process begin anew when a plugin in it does not return: nothing else can end a call. Any thread.
package struct CallWatch: Sendable {
    private let activity: ActivityFile
    /// How long a call of a plugin may take.
    private let deadline: @Sendable (_ plugin: String) -> Duration

    package init(_ activity: ActivityFile, deadline: @escaping @Sendable (_ plugin: String) -> Duration) {
        self.activity = activity
        self.deadline = deadline
    }

    /// Starts to watch, for as long as the process lives.
    package func start() {
        _ = WorkThread(name: "call watch") {
            let slots = activity.slots
            var since: [(call: UInt64?, at: Int64)] = slots.map { _ in (nil, 0) }
            while true {
                let now = MonotonicClock.microseconds
                for (index, slot) in slots.enumerated() {
                    let call = slot.callInProgress
                    if call == nil || call != since[index].call {
                        since[index] = (call, now)
                    } else if let call = slot.call,
                        Double(now - since[index].at) > deadline(call.plugin).seconds * 1e6
                    {
                        slot.noteEnd(UInt32(LECTERN_CRASH_HANG))
                        lectern_restart()
                    }
                }
                usleep(100_000)
            }
        }
    }
}
