import Glibc
import KeyValueStore
import Reduction

/// What follows from a running host's status.
struct HostFindings {
    /// Seconds that the log may wait to be folded.
    private static let late = 5.0
    private static let tooLate = 60.0
    /// Share of `reduction.memory` and of the machine's memory that is nearly all.
    private static let full = 0.9
    private static let busy = 90.0

    private(set) var all: [Finding] = []
    private let status: ProcessorStatus
    private let settings: HostSettings

    init(_ status: ProcessorStatus, _ settings: HostSettings, address: String) {
        self.status = status
        self.settings = settings
        host(address)
        checks()
        queue()
        workers()
        stores()
        outputs()
        memory()
    }

    private mutating func host(_ address: String) {
        if let problem = status.problem {
            all.append(
                Finding(
                    "host", .problem, "\(address) folds nothing any more: \(problem)",
                    remedy: "Restart it when the reason is gone.", topics: .delays))
        } else {
            all.append(Finding("host", .ok, "\(address) answers: \(status.status)"))
        }
        if !status.enabled {
            all.append(
                Finding(
                    "processor", .note, "switched off: filter rules rest, and nothing is enriched",
                    remedy: "processor.enabled (EVENT_PROCESSOR_ENABLED) says so.", topics: .enrichments))
        }
    }

    private mutating func checks() {
        for check in status.checks {
            guard let problem = check.problem, status.problem != problem else { continue }
            all.append(
                Finding("check \(check.name)", .problem, problem, remedy: "The host is not ready until it is gone."))
        }
        for plugin in status.plugins {
            all.append(
                Finding(
                    "plugin \(plugin.id)", plugin.state == "off" ? .problem : .warning,
                    "\(plugin.state): \(plugin.problem ?? "")",
                    remedy:
                        "Install another build, go back with `lectern plugin rollback \(plugin.id)`, or try it again with "
                        + "`lectern plugin release \(plugin.id)`.", topics: .delays))
        }
    }

    private mutating func queue() {
        let seconds = status.queue.seconds
        let found = "\(status.queue.depth) records wait, the first for \(seconds.secondsText)"
        let level: Finding.Status = seconds > Self.tooLate ? .problem : seconds > Self.late ? .warning : .ok
        let behind = status.workers.filter { $0.lag_seconds > Self.late }.map(\.name)
        all.append(
            Finding(
                "queue", level, behind.isEmpty ? found : "\(found); behind: \(behind.joined(separator: ", "))",
                remedy: "See workers, stores and plugins below.", topics: .memory, .delays))
    }

    private mutating func workers() {
        let shares = status.workers.flatMap { worker in worker.shards.map { (worker.name, $0.utilization_percent) } }
        guard let most = shares.max(by: { $0.1 < $1.1 }) else { return }
        let found = "the busiest shard, of \(most.0), works \(most.1) % of its time"
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let remedy =
            settings.reduction.shards < cores
            ? "Raise reduction.shards (EVENT_PROCESSOR_WORKERS), now \(settings.reduction.shards) on \(cores) cores."
            : "All \(cores) cores have a shard: a faster machine, fewer plugins, or several hosts by a Kafka log."
        all.append(
            Finding(
                "workers", most.1 > Self.busy && status.queue.seconds > Self.late ? .warning : .ok, found,
                remedy: remedy,
                topics: .memory, .delays))
    }

    private mutating func stores() {
        for store in status.stores {
            let kind = settings.stores.stores.first { $0.name == store.name }?.kind
            let remedy =
                kind.map(StoreChecks.remedy)
                ?? "See that the database runs and that the host's role may write. Rows are written when it is back."
            all.append(
                Finding(
                    "store \(store.name)", store.problem == nil ? .ok : .problem,
                    "\(store.type): \(store.problem ?? "answers")", remedy: remedy,
                    topics: .memory, .delays, .enrichments, .duplicates))
        }
    }

    private mutating func outputs() {
        for output in status.outputs {
            let status: Finding.Status =
                output.state == "publishing" ? .ok : output.state == "waiting" ? .warning : .problem
            all.append(
                Finding(
                    "output \(output.name)", status,
                    "\(output.state), \(output.lag_messages) records behind"
                        + (output.problem.map { ": \($0)" } ?? ""),
                    remedy: status == .problem
                        ? "Restart the host when the reason is gone; nothing is lost."
                        : "See that its disk or its brokers are there. Nothing is lost; the log keeps what waits."))
        }
    }

    private mutating func memory() {
        if let memory = status.memory {
            let share = Double(memory.used) / Double(max(1, memory.limit))
            all.append(
                Finding(
                    "memory", share > Self.full ? .warning : .ok,
                    "host and workers take \(memory.used.bytesText) of \(memory.limit.bytesText) (reduction.memory), with "
                        + "\(status.marks.memory) ids of dedup in memory and \(status.marks.file) in files",
                    remedy:
                        "Raise reduction.memory if the machine has more, let fewer plugins run in workers, or keep ids of "
                        + "dedup for a shorter time (`retention`, in the section dedup).", topics: .memory))
        }
        guard let machine = MachineMemory() else { return }
        let left = Double(machine.available) / Double(max(1, machine.total))
        all.append(
            Finding(
                "machine", left < 1 - Self.full ? .warning : .ok,
                "\(machine.available.bytesText) of \(machine.total.bytesText) of memory are available",
                remedy: "Lower reduction.memory, or stop what else runs there.", topics: .memory))
    }
}

/// The memory of this machine, in bytes.
private struct MachineMemory {
    private(set) var total = 0
    private(set) var available = 0

    init?() {
        guard let file = fopen("/proc/meminfo", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(separator: " ")
            guard words.count > 1, let kilobytes = Int(words[1]) else { continue }
            if words[0] == "MemTotal:" { total = kilobytes << 10 }
            if words[0] == "MemAvailable:" { available = kilobytes << 10 }
        }
        if total == 0 { return nil }
    }
}
