import Glibc
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

    static var isRequested: Bool { flag.load(ordering: .relaxed) }

    static func check() throws(Interruption) {
        if isRequested { throw .requested }
    }
}
