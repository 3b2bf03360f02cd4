import EventLog
package import PluginHost
import Records

/// What keeps a plugin from folding, or has kept it from it lately.
package struct PluginTrouble: Sendable {
    /// What follows from it.
    package enum Outcome: Sendable {
        /// A worker begins anew at once.
        case restarting
        /// After so many seconds.
        case waiting(seconds: Double)
        /// The event is skipped and the stream goes on.
        case skipped(position: UInt64, partition: Int)
        /// The build before goes on.
        case rolledBack(to: PluginBuild)
        /// It does not fold any more, until an operator releases it or installs another build.
        case off
    }

    /// Microseconds since 1970 UTC.
    package let since: Int64
    /// The plugin, the call and what happened, for people.
    package let reason: String
    package let outcome: Outcome
}

extension PluginTrouble: CustomStringConvertible {
    package var description: String {
        let what =
            switch outcome {
            case .restarting: "a new worker goes on from the last checkpoint"
            case .waiting(let seconds): "a new worker follows in \(seconds) s"
            case .skipped(let position, let partition):
                "the event at position \(position) of partition \(partition) is skipped: it is in the dead letters"
            case .rolledBack(let build): "build \(build.identity.build.prefix(12)), which can, goes on"
            case .off: "it is off, until another build is installed or it is released"
            }
        return "\(reason); \(what)"
    }
}

/// Decides what follows when a plugin's worker has ended.
///
/// A crash in a batch is repeated with single events, so that it names one. A single event that ends two workers is tried
/// with the build before: if that one folds it, this build is bad; if not, the event is poison, and skipped. What is about
/// no event is tried again, after a while that doubles. Not thread-safe.
struct CrashPolicy {
    enum Step {
        /// Begins anew after so many seconds, with batches of at most so many events.
        case restart(after: Double, batch: Int?)
        case skip(SkippedEvent, DeadLetter)
        case rollBack(to: PluginBuild)
        case giveUp
    }

    /// So many events are skipped before it is the build that is given up.
    static let poisonLimit = 16
    /// So many ends that are about no event, without a checkpoint between them.
    static let attempts = 8
    /// Seconds before the second attempt; twice as long before each that follows, up to the longest.
    static let firstWait = 1.0
    static let longestWait = 60.0

    /// The positions behind which what ended the last life lies.
    private(set) var goal: [UInt64] = []
    private let build: PluginBuild
    private let previous: PluginBuild?
    private let log: EventLog
    private var suspect: SkippedEvent?
    private var poison = 0
    private var unexplained = 0
    private var lastPositions: [UInt64] = []

    init(_ build: PluginBuild, previous: PluginBuild?, log: EventLog) {
        self.build = build
        self.previous = previous
        self.log = log
    }

    /// - Parameters:
    ///   - positions: up to where its checkpoints have come.
    ///   - folds: whether another build comes past what ended this one.
    mutating func next(
        after ended: WorkerEnded, positions: [UInt64], folds: (PluginBuild) -> Bool
    ) -> Step {
        goal = log.nextPositions
        defer { lastPositions = positions }
        guard let call = ended.call, call.events > 0 else {
            unexplained = positions == lastPositions ? unexplained + 1 : 1
            if unexplained > Self.attempts { return .giveUp }
            let wait = min(Self.longestWait, Self.firstWait * Double(1 << max(0, unexplained - 2)))
            return .restart(after: unexplained == 1 ? 0 : wait, batch: nil)
        }
        let event = SkippedEvent(plugin: build.id, partition: call.partition, position: call.position)
        guard call.events == 1, suspect == event else {
            suspect = call.events == 1 ? event : nil
            return .restart(after: 0, batch: 1)
        }
        suspect = nil
        if let previous, folds(previous) { return .rollBack(to: previous) }
        poison += 1
        if poison > Self.poisonLimit { return .giveUp }
        return .skip(event, letter(event, ended))
    }

    private func letter(_ event: SkippedEvent, _ ended: WorkerEnded) -> DeadLetter {
        var letter = DeadLetter(
            code: .harmful, reason: ended.description, received: WallClock.microseconds,
            original: log.payload(partition: event.partition, position: event.position) ?? [])
        letter.component = build.id
        letter.build = build.description.identity.build
        // In its batch and alone, and by the build before.
        letter.attempts = previous == nil ? 2 : 3
        letter.partition = event.partition
        letter.position = event.position
        return letter
    }
}

extension EventLog {
    /// The payload of a record; nil if it is not kept.
    fileprivate func payload(partition: Int, position: UInt64) -> [UInt8]? {
        var positions = [UInt64?](repeating: nil, count: identity.partitions)
        positions[partition] = position
        let end = durableEnd
        guard let cursor = try? LogCursor(self, from: positions) else { return nil }
        while let chunk = try? cursor.next(through: end) {
            for index in 0..<chunk.count where chunk[index].kind != .session && chunk[index].position == position {
                return Array(chunk[index].payload)
            }
        }
        return nil
    }
}
