import Glibc
import Kafka
import Records
import Synchronization

/// This host's membership in the group of hosts that share a log: says which partitions are its own, as that changes.
///
/// A thread of its own asks the group and calls back, and the group waits for it: a partition that is taken away is another's only
/// when the callback has returned. All members: any thread.
package final class LogMembership: Sendable {
    /// What the membership asks of the host.
    package struct Host: Sendable {
        /// Makes these partitions the host's, and no others. If it throws, the host has none.
        let own: @Sendable (Set<Int>) throws -> Void
        /// Why what the host has is another's already, although the group has not said so; nil: it is not.
        let loss: @Sendable () -> String?

        package init(own: @escaping @Sendable (Set<Int>) throws -> Void, loss: @escaping @Sendable () -> String?) {
            self.own = own
            self.loss = loss
        }
    }

    private struct State {
        var partitions: Set<Int> = []
        /// Why the host stays away from the group.
        var absence: String?
        var trouble: String?
    }

    private let configuration: KafkaLogConfiguration
    package let group: String
    private let host: Host
    private let state = Mutex(State())
    private let isStopping = Atomic(false)
    private let thread = Mutex<WorkThread?>(nil)

    /// How long a host that could not take its partitions stays away before it joins again.
    private static let pause = Duration.seconds(1)

    /// Nil if the log is not shared.
    package init?(_ log: EventLog, host: Host) {
        guard let configuration = log.configuration.kafka, let group = configuration.group else { return nil }
        self.configuration = configuration
        self.group = group
        self.host = host
    }

    /// Joins the group.
    package func start() {
        let work = WorkThread(name: "membership") { [self] in run() }
        thread.withLock { $0 = work }
    }

    /// The partitions that are this host's.
    package var partitions: Set<Int> { state.withLock { $0.partitions } }

    /// Why the host has fewer partitions than it could have; nil: it has not.
    package var trouble: String? { state.withLock { $0.absence ?? $0.trouble } }

    /// Has the host stay away from the group, for a reason; nil: it joins.
    package func stayAway(because reason: String?) { state.withLock { $0.absence = reason } }

    /// Leaves the group. Nobody is called back any more.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        thread.withLock { running in
            running?.join()
            running = nil
        }
    }

    // MARK: The thread

    private var isStopped: Bool { isStopping.load(ordering: .acquiring) }

    private func run() {
        var resume = MonotonicTime.now
        while !isStopped {
            guard state.withLock({ $0.absence == nil }), .now >= resume else {
                usleep(50_000)
                continue
            }
            do {
                try beMember()
            } catch {
                note("\(configuration.name): group \(group): \(error)")
            }
            resume = .now + Self.pause
        }
    }

    /// A member, until the host stops, is to stay away, or has to join again.
    private func beMember() throws {
        let member = try KafkaMember(
            configuration.options, topic: configuration.topic, defaults: [("client.id", "lectern-log")],
            own: configuration.ownOptions + [
                ("group.id", group), ("partition.assignment.strategy", "cooperative-sticky"),
                ("enable.auto.commit", "false"), ("enable.auto.offset.store", "false"), ("auto.offset.reset", "latest"),
            ])
        // Nobody gets what the host has before it has let go of it: the member leaves the group at its end.
        defer { withExtendedLifetime(member) {} }
        defer { if !isStopped, !partitions.isEmpty { own([]) } }
        while !isStopped, state.withLock({ $0.absence == nil }) {
            if let loss = host.loss() { return note(loss) }
            switch member.poll(milliseconds: 100) {
            case nil:
                let trouble = member.takeTrouble()
                if !trouble.isEmpty { note("\(configuration.name): group \(group): \(trouble)") }
            case .assigned(let new):
                try member.accept()
                guard own(partitions.union(new)) else { return }
            case .revoked(let gone):
                guard own(partitions.subtracting(gone)) else { return }
                try member.accept()
            }
        }
    }

    /// Returns whether it could be done.
    @discardableResult
    private func own(_ partitions: Set<Int>) -> Bool {
        do {
            if partitions != self.partitions { try host.own(partitions) }
            state.withLock { $0.partitions = partitions }
            if !partitions.isEmpty { state.withLock { $0.trouble = nil } }
            return true
        } catch {
            state.withLock { $0.partitions = [] }
            note("\(error)")
            return false
        }
    }

    private func note(_ trouble: String) { state.withLock { $0.trouble = trouble } }
}
