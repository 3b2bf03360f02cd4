import Glibc
import Records
import Synchronization

/// The user's wish to stop: Ctrl-C, or SIGTERM. A second one ends the program at once.
enum Interruption: Error, CustomStringConvertible {
    case requested

    var description: String { "interrupted" }

    private static let flag = Atomic<Bool>(false)

    /// From now on the wish is noted, and `check` throws.
    static func watch() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
        action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
        sigaction(SIGINT, &action, nil)
        sigaction(SIGTERM, &action, nil)
    }

    static func check() throws(Interruption) {
        if flag.load(ordering: .relaxed) { throw .requested }
    }

    /// The wish has been granted: what is to be brought to an end may go on.
    static func clear() { flag.store(false, ordering: .relaxed) }

    /// Sleeps until a moment, in microseconds of `MonotonicClock`, or until it is interrupted.
    static func sleep(until moment: Int64) throws(Interruption) {
        while true {
            try check()
            let left = moment - MonotonicClock.microseconds
            if left <= 0 { return }
            usleep(UInt32(min(left, 900_000)))
        }
    }
}
