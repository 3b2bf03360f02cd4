import EventLog
import FoundationEssentials
import Glibc
import Records
package import Rules
import Settings
import Synchronization

/// The alerts that fire, and those whose beginning or end is not delivered yet, in a file that outlives a crash. A thread of its
/// own sends them to the webhook, in order, each until it is taken: at least once, under the alert's id. All members: any
/// thread.
package final class AlertOutbox: Sendable {
    /// What has been done since the start.
    package struct Counters: Sendable {
        package var delivered: UInt64 = 0
        package var failures: UInt64 = 0
        /// Messages that wait.
        package var waiting = 0
        /// Why the last attempt failed; nil: it did not.
        package var problem: String?
    }

    private struct State {
        var contents: AlertFile
        var counters = Counters()
        var isClosed = false
    }

    private let path: String
    private let webhook: Webhook?
    private let state: Mutex<State>
    private let bell = BoundedQueue<Void>(limit: 2)
    private let report: @Sendable (String) -> Void
    private let thread = Mutex<WorkThread?>(nil)

    /// Reads what is stored, and begins to send what waits.
    ///
    /// - Parameters:
    ///   - folder: made if it is missing.
    ///   - configuration: nil: nothing is sent.
    ///   - report: told, in a sentence, when the webhook fails and when it is back; any thread.
    package init(
        _ folder: String, _ configuration: WebhookConfiguration?, report: @escaping @Sendable (String) -> Void
    ) throws {
        try File.makeFolder(folder)
        path = AlertFile.path(folder)
        self.report = report
        webhook = configuration.map { Webhook(configuration: $0) }
        var contents = try AlertFile.load(path)
        // Where nothing is sent any more, nothing waits for ever.
        if configuration == nil { contents.waiting = [] }
        state = Mutex(State(contents: contents))
        guard let webhook else { return }
        thread.withLock { $0 = WorkThread(name: "alerts") { [self] in run(webhook) } }
        if !contents.waiting.isEmpty { bell.put(()) }
    }

    /// Those that fire, as stored.
    package var firing: [Alert] { state.withLock { $0.contents.firing } }

    package var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.contents.waiting.count
            return counters
        }
    }

    /// Whether so many more messages can wait.
    package func hasRoom(for messages: Int) -> Bool {
        guard let webhook else { return true }
        return state.withLock { $0.contents.waiting.count + messages <= webhook.configuration.limit }
    }

    /// Stores which alerts fire and what has begun or ended with that; what is to be sent is sent once this is on the disk.
    ///
    /// - Throws: `LogError` if it can't be written; then nothing has changed.
    package func put(_ changes: [Alert], firing: [Alert]) throws {
        try state.withLock { state in
            var contents = state.contents
            contents.firing = firing
            if webhook != nil { contents.waiting += changes }
            try contents.store(path)
            state.contents = contents
        }
        if webhook != nil, !changes.isEmpty { ring() }
    }

    /// Sends what it can at once, and ends. What waits is sent after the next start.
    package func close() {
        state.withLock { $0.isClosed = true }
        bell.close()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    private func ring() {
        // One is enough, however many there is.
        _ = bell.takeIfAny()
        bell.put(())
    }

    private func run(_ webhook: Webhook) {
        var failures = 0
        while bell.take() != nil {
            while let alert = state.withLock({ $0.contents.waiting.first }) {
                let problem = webhook.post(AlertMessage(alert).json, id: "\(alert.id)-\(alert.state.rawValue)")
                if let problem {
                    failures += 1
                    note(problem, failures)
                    if isOver(after: pause(failures, webhook.configuration)) { return }
                    continue
                }
                if failures > 0 { report("alerts.webhook takes messages again") }
                failures = 0
                delivered(alert)
            }
        }
    }

    private func note(_ problem: String, _ failures: Int) {
        state.withLock { state in
            state.counters.failures += 1
            state.counters.problem = problem
        }
        if failures == 1 { report("alerts.webhook: \(problem); it is tried again, and nothing is lost") }
    }

    private func delivered(_ alert: Alert) {
        let failure = state.withLock { state -> String? in
            state.counters.delivered += 1
            state.counters.problem = nil
            state.contents.waiting.removeFirst()
            do { try state.contents.store(path) } catch { return "\(error)" }
            return nil
        }
        // It may come twice, which its id tells.
        if let failure { report("alerts: what was delivered can't be noted: \(failure)") }
    }

    private func pause(_ failures: Int, _ configuration: WebhookConfiguration) -> Int64 {
        let first = configuration.backoff.microseconds
        let doubled = first << min(failures - 1, 20)
        return min(doubled, configuration.longestPause.microseconds)
    }

    /// Waits; whether it is over.
    private func isOver(after microseconds: Int64) -> Bool {
        let end = MonotonicClock.microseconds + microseconds
        while true {
            if state.withLock({ $0.isClosed }) { return true }
            let left = end - MonotonicClock.microseconds
            if left <= 0 { return false }
            usleep(UInt32(min(left, 50_000)))
        }
    }
}
