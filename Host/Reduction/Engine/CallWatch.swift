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
            var calls = OverdueCalls(activity.slots)
            while true {
                for (slot, _) in calls.look(deadline: deadline) {
                    slot.noteEnd(UInt32(LECTERN_CRASH_HANG))
                    lectern_restart()
                }
                usleep(100_000)
            }
        }
    }
}
