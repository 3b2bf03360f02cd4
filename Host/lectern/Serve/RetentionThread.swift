import Archive
import EventLog
import Glibc
import Records
import Reduction
import Settings
import Synchronization

/// Deletes what is past its age, from the log and the archive: at the start, and then every `log.retention.every`.
///
/// What needs records is asked first, and each time: the checkpoints that the stores hold, of plugins that run or not, and
/// the archive, and the outputs. Any thread.
final class RetentionThread: Sendable {
    private let configuration: RetentionConfiguration
    private let archived: ArchiveFolder
    private let ages: RetentionAges
    private let log: EventLog
    private let engine: ReductionEngine
    private let archive: Archive?
    private let outputs: [Publisher]
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<WorkThread?>(nil)

    /// Nil if the settings let nothing be deleted.
    init?(
        _ settings: HostSettings, _ log: EventLog, _ engine: ReductionEngine, _ archive: Archive?,
        _ outputs: [Publisher]
    ) {
        guard !settings.log.retention.isEmpty || !settings.archive.retention.isEmpty else { return nil }
        configuration = settings.log.retention
        archived = ArchiveFolder(settings.archive.directory)
        ages = settings.archive.retention
        self.log = log
        self.engine = engine
        self.archive = archive
        self.outputs = outputs
        let running = WorkThread(name: "retention") { [self] in run() }
        thread.withLock { $0 = running }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run() {
        var said: String?
        var retention: LogRetention?
        while !isStopping.load(ordering: .acquiring) {
            do {
                if !configuration.isEmpty {
                    let log = try retention ?? LogRetention(LogDirectory(log.configuration.directory), configuration)
                    retention = log
                    let plan = try apply(log)
                    let hindrance = plan.holder.map {
                        "log.retention: segment \(plan.first) is old enough to go, but \($0) still needs it"
                    }
                    // Once, not each time.
                    if let hindrance, hindrance != said { Terminal.warn(hindrance) }
                    said = hindrance
                }
                let files = try archived.removeExpired(ages, now: WallClock.microseconds)
                if files > 0 { Terminal.note("archive.retention: \(files) files deleted") }
            } catch {
                Terminal.warn("retention: \(error)")
            }
            sleep()
        }
    }

    private func apply(_ retention: LogRetention) throws -> RetentionPlan {
        try engine.withStoredPositions { positions in
            var holds = positions.filter { !configuration.ignored.contains($0.key) }.sorted { $0.key < $1.key }
                .map { RetentionHold(name: "plugin \($0.key)", positions: $0.value) }
            if let archive { holds.append(RetentionHold(name: "the archive", positions: archive.positions)) }
            holds += outputs.map { RetentionHold(name: "output \($0.name)", positions: $0.storedPositions) }
            let plan = try retention.plan(holds, now: WallClock.microseconds)
            guard plan.segments > 0 else { return plan }
            try log.removeSegments(before: plan.first)
            Terminal.note("log.retention: \(plan.segments) segments with \(plan.bytes) bytes deleted")
            return plan
        }
    }

    /// For `every`, or until the host ends.
    private func sleep() {
        let end = MonotonicClock.microseconds + configuration.every.microseconds
        while !isStopping.load(ordering: .acquiring) {
            let left = end - MonotonicClock.microseconds
            if left <= 0 { return }
            usleep(UInt32(min(left, 100_000)))
        }
    }
}
