import Custody
import EventLog
import Synchronization
import Web

/// What a running host does when an operator has a student erased: it refuses the student's events from then on, and
/// begins anew, since an erasure is carried out before a log is opened. Any thread.
final class HostErasures: Sendable {
    private let custody: Custody
    private let log: EventLog
    private let decided = Atomic<Bool>(false)
    private let stop = Mutex<(@Sendable () -> Void)?>(nil)

    /// Refuses the events of all students that were erased before.
    init(_ custody: Custody, _ log: EventLog) throws {
        self.custody = custody
        self.log = log
        log.erased.insert(try custody.erased(log.identity))
    }

    /// Whether the host is to begin anew when it has stopped.
    var isRestartDue: Bool { decided.load(ordering: .acquiring) }

    /// - Parameter stop: has the host stop as if it was told to.
    func onDecision(_ stop: @escaping @Sendable () -> Void) { self.stop.withLock { $0 = stop } }

    var requests: ErasureRequests {
        ErasureRequests(erase: { try self.erase($0) }, certificate: { [custody] in custody.certificate(of: $0) })
    }

    private func erase(_ student: String) throws -> String {
        try LogRewriting.check(log.configuration)
        let decision = try custody.decide(student, log.identity)
        log.erased.insert(decision.pseudonyms)
        decided.store(true, ordering: .releasing)
        stop.withLock { $0 }?()
        return decision.student
    }
}
