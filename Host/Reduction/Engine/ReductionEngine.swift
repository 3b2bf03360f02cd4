package import EventLog
package import KeyValueStore
package import PluginHost
import Records
package import Rules
import Synchronization

/// Folds a log as it grows: groups of plugins, each in its shards and at its own place in the log; checkpoints into a
/// store; views for those who watch. All members: any thread.
package final class ReductionEngine: Sendable {
    /// All plugins of this process are one group; each that runs in a worker is one of its own.
    enum GroupID: Hashable {
        case inProcess
        case worker(plugin: String)
    }

    /// A group, and what others have folded in its place before.
    struct Member {
        let group: any ShardGroup
        var foldedBefore: UInt64 = 0

        var folded: UInt64 { foldedBefore + group.folded }
    }

    /// What folds at present.
    struct Live {
        var parts: EngineParts
        var plugins: [PluginBuild]
        var columns: DerivedColumns
        var members: [GroupID: Member] = [:]
        /// Checkpoints of what folded before.
        var checkpointsBefore = 0
        /// The filter rules that were set since the start; nil: those of the configuration.
        var rules: FilterRules?
        var isClosed = false
    }

    package let views: Views
    let workers: Workers
    let live: Mutex<Live>
    private let onTrouble: @Sendable (PluginBuild, PluginTrouble) -> Void
    /// Held while plugins are being replaced, or partitions change hands.
    let replacing = Mutex(())
    let ticks = Mutex<TickThread?>(nil)

    /// Draws new epochs, so that who has folded before can store nothing more; then restores the last checkpoints and starts
    /// to fold what the log holds after them. Of a log that several hosts share it folds nothing before `own`.
    ///
    /// - Parameters:
    ///   - activity: where it is noted what plugins of this process are asked.
    ///   - tables: takes the tables of all plugins.
    ///   - skips: the file that repeats which events plugins skip. That and the next one are not for a log that hosts share.
    ///   - rules: the file that repeats which filter rules hold where.
    ///   - spill: the folder for files of states that memory has no room for; it must be there.
    ///   - mayLackFunctions: go on without derived columns whose function is not there; see `lackingColumns`.
    ///   - report: receives what plugins in workers write to the log; any thread.
    ///   - warn: told what an operator should know; any thread.
    ///   - onTrouble: told when a plugin's worker has ended, and what follows; any thread.
    /// - Throws: `RestoreError` or what the store throws: a checkpoint that can't be continued is never guessed at.
    ///   `DerivedColumnsError` if the settings add columns to tables that can't be.
    package init(
        _ log: EventLog, _ store: any CheckpointStore, _ plugins: [PluginBuild],
        _ configuration: ReductionConfiguration,
        tables: (any TableSink)? = nil, activity: ActivityFile? = nil, skips: String, rules: String, spill: String,
        mayLackFunctions: Bool = false, report: @escaping @Sendable (PluginMessage) -> Void,
        warn: @escaping @Sendable (String) -> Void,
        onTrouble: @escaping @Sendable (PluginBuild, PluginTrouble) -> Void
    ) throws {
        let workers = Workers()
        self.workers = workers
        self.onTrouble = onTrouble
        let columns = try DerivedColumns(
            configuration.tables, plugins.map(\.description), functions: workers.functions(of: plugins),
            mayLackFunctions: mayLackFunctions)
        let views = Views(plugins, columns, store: store, log: log.identity, sink: tables) {
            WorkerView($0, $1, workers, $2)
        }
        self.views = views
        func notes(_ file: String, _ name: String) -> ControlNotes {
            log.isShared ? ControlNotes(in: store, name: name) : ControlNotes(file: file)
        }
        let none = Epochs(log: log.identity.id, numbers: [:])
        let parts = EngineParts(
            log: log, store: store, epochs: none, configuration: configuration,
            commits: CheckpointThread(store, none),
            memory: MemoryBudget(configuration.memory, warn: warn), views: views, activity: activity,
            skips: SkippedEvents(log, notes(skips, "lectern.skips")),
            rules: RecordedRules(log, notes(rules, "lectern.rules")),
            spill: Spilling(folder: spill, memory: configuration.memory),
            report: report, warn: warn)
        live = Mutex(Live(parts: parts, plugins: plugins, columns: columns))
        do {
            try fold(log.isShared ? [] : Array(0..<log.identity.partitions))
        } catch {
            parts.commits.close()
            views.close()
            throw error
        }
        parts.commits.close()
        parts.memory.start { [weak self] in self?.live.withLock { $0.members.values.map(\.group) } ?? [] }
    }

    var parts: EngineParts { live.withLock { $0.parts } }

    package var plugins: [PluginBuild] { live.withLock { $0.plugins } }

    /// The sources of all plugins.
    package var sources: [any SourceDecoding] {
        let workers = workers
        return plugins.flatMap { build -> [any SourceDecoding] in
            build.code?.sources
                ?? build.description.sources.map { WorkerSource(id: $0, plugin: build.id, workers: workers) }
        }
    }

    /// The functions of a plugin, wherever it runs.
    package func functions(of build: PluginBuild) -> [CallableFunction] { workers.functions(of: [build]) }

    /// The columns that the operator adds to a table.
    package func addedColumns(to table: TableID) -> [TableColumn] {
        live.withLock { $0.columns[table].map(\.column) }
    }

    /// The derived columns that are left out because no plugin has their function, a sentence each.
    package var lackingColumns: [String] { live.withLock { $0.columns.lacking } }

    /// Events that were given to plugins since the start, and those of them that were not folded.
    package var folded: UInt64 { live.withLock { $0.members.values.map(\.folded).max() ?? 0 } }
    package var dropped: DroppedCounts { live.withLock { .together($0.members.values.map(\.group.dropped)) } }
    /// What each filter rule that holds now did since the start, as the plugins have met it that have folded most.
    package var filterCounts: [FilterCounts] {
        let groups = live.withLock { $0.members.values.map(\.group) }
        return filters.rules.map { rule in
            groups.compactMap { $0.filterCounts.first { $0.rule == rule.name } }.max { $0.progress < $1.progress }
                ?? FilterCounts(rule.name)
        }
    }

    /// The filter rules that hold at each place of the log.
    package var filterHistory: RuleHistory { parts.rules.history }
    /// The filter rules that hold now.
    package var filters: FilterRules { filterHistory.newest ?? FilterRules() }

    /// Has other filter rules hold from now on: each event is asked by those that held when it was stored. Blocks until the log
    /// holds them.
    ///
    /// - Returns: whether they are others than before.
    package func setFilters(_ rules: FilterRules) throws -> Bool {
        live.withLock { $0.rules = rules }
        return try parts.rules.record(rules)
    }

    /// The states of all plugins.
    package var states: StateCounts {
        live.withLock { $0.members.values.map(\.group) }.reduce(StateCounts()) { $0 + $1.states }
    }
    /// Checkpoints that were committed since the start.
    package var checkpoints: Int {
        let (before, parts) = live.withLock { ($0.checkpointsBefore, $0.parts) }
        return before + parts.commits.committed
    }

    /// How far each plugin lies behind the log, by their ids.
    package var lags: [(plugin: String, lag: FoldLag)] {
        let (positions, now) = (parts.log.nextPositions, WallClock.microseconds)
        let groups = live.withLock { $0.members.values.map(\.group) }
        return groups.flatMap { group in
            let lag = group.lag(positions, now: now)
            return group.builds.map { (plugin: $0.id, lag: lag) }
        }.sorted { $0.plugin < $1.plugin }
    }

    /// What keeps plugins from folding, by their ids. The others go on.
    package var troubles: [String: PluginTrouble] { workers.troubles }

    /// Why folding has stopped, or nil.
    package var failure: (any Error)? {
        live.withLock { $0.members.values.lazy.compactMap(\.group.failure).first } ?? parts.commits.failure
            ?? views.failure
    }

    /// Folds all that is durable, takes a last checkpoint and ends.
    package func close() {
        parts.memory.stop()
        replacing.withLock { _ in
            stopFolding()
            live.withLock { $0.isClosed = true }
            for member in live.withLock({ $0.members.values.map(\.group) }) { member.stop() }
            views.close()
        }
    }

    static func groups(of plugins: [PluginBuild]) -> [GroupID: [PluginBuild]] {
        Dictionary(grouping: plugins) { $0.code == nil ? .worker(plugin: $0.id) : .inProcess }
    }

    /// A follower.
    func makeGroup(_ builds: [PluginBuild], anew: Set<String>) throws -> any ShardGroup {
        if builds[0].code != nil { return try LocalGroup(builds, parts, anew: anew) }
        let build = builds[0]
        let before = live.withLock { live in live.plugins.first { $0.id == build.id && $0 !== build } }
        return try WorkerGroup(
            build, parts, anew: anew.contains(build.id), previous: before, onTrouble: onTrouble)
    }

    /// The plugins that can't go on from what their builds before have folded, whether it has been stored or not.
    static func changed(from before: [PluginBuild], to after: [PluginBuild]) -> [String] {
        before.filter { old in
            after.contains { $0.id == old.id && CheckpointSummary(old.description).edges(to: $0.description) != [] }
        }.map(\.id)
    }
}
