import EventLog
import Foundation
import Glibc
import Ingest
import KeyValueStore
import Records
import Reduction
import Synchronization
import Web

/// This host among those that share its log: takes the partitions that the group gives it, folds with the same builds as the others,
/// and tells them where it is. All members: any thread.
final class Cluster: Sendable {
    private struct State {
        var address = ""
        var hosts: [ClusterReport.Host] = []
        var builds: String?
    }

    /// Whoever has not been heard of for so long is not there: microseconds.
    private static let patience: Int64 = 5_000_000
    private static let interval: Int64 = 500_000

    private let id: String
    private let log: EventLog
    private let engine: ReductionEngine
    private let membership: LogMembership
    private let store: ClusterStore
    private let erasures: StoredErasures
    private let builds: ClusterBuilds
    private let state = Mutex(State())
    private let isStopping = Atomic(false)
    private let thread = Mutex<WorkThread?>(nil)

    /// Nil if nobody shares the log.
    ///
    /// - Parameters:
    ///   - store: has the checkpoints.
    ///   - folder: of the plugins' libraries.
    ///   - data: the data folder.
    init?(
        _ log: EventLog, _ engine: ReductionEngine, _ blobs: BlobStore, _ store: any KeyValueStore,
        _ plugins: LoadedPlugins, folder: String, data: String
    ) {
        guard let group = log.configuration.kafka?.group else { return nil }
        self.log = log
        self.engine = engine
        id = "\(ProcessInfo.processInfo.hostName)-\(String(UInt32.random(in: .min ... .max), radix: 16))"
        self.store = ClusterStore(store, log: log.identity, group: group)
        let erasures = StoredErasures(store)
        self.erasures = erasures
        let builds = ClusterBuilds(self.store, engine, plugins, folder: folder, data: data)
        self.builds = builds
        let host = LogMembership.Host(
            own: { partitions in
                // What another build has stored may be nothing that this one reads.
                if !partitions.isEmpty, let problem = try builds.follow() { throw InputFailure(problem) }
                let began = MonotonicClock.microseconds
                try erasures.noteBefore()
                blobs.own([])
                try engine.own(partitions.sorted())
                blobs.own(partitions.sorted())
                let seconds = Double(MonotonicClock.microseconds - began) / 1e6
                Terminal.note(
                    "\(partitions.count) of \(log.identity.partitions) partitions of the log are this host's "
                        + "(\((seconds * 10).rounded() / 10) s)")
            },
            loss: {
                if case .fenced? = engine.failure as? StoreError {
                    return "another host has taken partitions over that this one still had; it joins the group again"
                }
                // What this host has folded is not stored any more, and without events it would not be told.
                guard !engine.partitions.isEmpty, erasures.haveChanged else { return nil }
                return
                    "a student was erased from the store; the host joins the group again, and folds its partitions anew"
            })
        guard let membership = LogMembership(log, host: host) else { return nil }
        self.membership = membership
    }

    /// Joins the group, once this host folds with the builds that the others have.
    ///
    /// - Parameter address: where this host listens.
    func start(at address: String) {
        state.withLock { $0.address = address }
        let work = WorkThread(name: "cluster") { [self] in
            var isMember = false
            while !isStopping.load(ordering: .acquiring) {
                do {
                    let problem = try builds.follow()
                    state.withLock { $0.builds = problem }
                    membership.stayAway(because: problem)
                    if !isMember { membership.start() }
                    isMember = true
                    try meet()
                } catch {
                    // Whoever stores checkpoints says what is wrong with the store; what is known stays.
                    if !isMember { state.withLock { $0.builds = "\(error)" } }
                }
                usleep(useconds_t(Self.interval))
            }
        }
        thread.withLock { $0 = work }
    }

    /// Tells nobody anything any more. Before the engine ends.
    func beginStopping() {
        isStopping.store(true, ordering: .releasing)
        thread.withLock { running in
            running?.join()
            running = nil
        }
        try? store.delete("hosts/\(id)")
    }

    /// Leaves the group: what this host had, others have from then on. After the engine has ended.
    func stop() { membership.stop() }

    /// Why this host has fewer partitions than it could have, or nil.
    var problem: String? { state.withLock { $0.builds } ?? membership.trouble }

    /// The partitions that this host folds.
    var partitions: [Int] { engine.partitions }

    var report: ClusterReport {
        var hosts = state.withLock { $0.hosts }.filter { $0.id != id } + [own]
        // A partition is whose word is the last: a host that was killed says nothing more.
        var free = Set(0..<log.identity.partitions)
        hosts.sort { $0.seen > $1.seen }
        for index in hosts.indices {
            hosts[index].partitions.removeAll { free.remove($0) == nil }
        }
        hosts.sort { ($0.address, $0.id) < ($1.address, $1.id) }
        return ClusterReport(group: membership.group, host: id, hosts: hosts, unowned: free.sorted())
    }

    private var own: ClusterReport.Host {
        let lags = engine.lags.map(\.lag)
        return ClusterReport.Host(
            id: id, address: state.withLock { $0.address }, seen: WallClock.microseconds, partitions: partitions,
            lag: ClusterReport.Host.Lag(
                messages: lags.map(\.records).max() ?? 0, seconds: lags.map(\.seconds).max() ?? 0),
            builds: builds.own, isWatched: engine.views.isWatchedHere, problem: problem)
    }

    /// Tells the others of this host, and hears of them.
    private func meet() throws {
        try erasures.look()
        try store.set("hosts/\(id)", own)
        var hosts: [ClusterReport.Host] = []
        let since = WallClock.microseconds - Self.patience
        for name in try store.names("hosts/") {
            guard let host = try store.get(name, as: ClusterReport.Host.self) else { continue }
            if host.seen >= since { hosts.append(host) } else { try store.delete(name) }
        }
        let met = hosts
        if met.contains(where: { $0.id != id && $0.isWatched }) { engine.views.noteWatchedElsewhere() }
        state.withLock { $0.hosts = met }
    }
}
