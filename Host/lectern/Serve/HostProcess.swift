import Archive
import CoreMetrics
import Custody
import Enrichment
import EventLog
import Ingest
import KeyValueStore
import Logging
import NIOCore
import NIOPosix
import PluginHost
import Records
import Reduction
import Rules
import ServiceLifecycle
import Sinks
import Topics
import UnixSignals
import Web

/// A running host: its log, its store, its shards and its web, put together.
struct HostProcess {
    private let log: EventLog
    private let engine: ReductionEngine
    private let archive: Archive?
    private let warehouse: Warehouse?
    private let filters: FilterSource
    private let outputs: [Publisher]
    private let tableOutputs: [TableOutput]
    private let stores: KeyValueStores
    private let storeWatch: StoreWatch
    private let alerts: AlertOutbox
    private let settings: HostSettings
    private let plugins: LoadedPlugins
    private let ingest: IngestService
    private let topics: TopicReader?
    private let cluster: Cluster?
    private let blobs: BlobStore
    private let erasures: HostErasures
    private let data: String
    private let metrics = MetricsRegistry()
    private let activity: ActivityFile?
    private let quarantine: Quarantine
    private let troubles: BoundedQueue<(build: PluginBuild, trouble: PluginTrouble)>
    /// Carries out what follows from troubles.
    private let judge: WorkThread
    private let logger = Logger(label: "lectern")

    /// Opens log and store, restores the last checkpoints, and starts to fold what came after them.
    ///
    /// - Parameters:
    ///   - folder: of the plugins' libraries.
    ///   - load: loads what the folder holds, given those that run.
    init(
        _ settings: HostSettings, _ quarantine: Quarantine, data: String, folder: String,
        load: @escaping @Sendable ([PluginBuild]) -> PluginCatalog
    ) throws {
        self.quarantine = quarantine
        self.settings = settings
        self.data = data
        // Before anything makes a metric: those that were made earlier count nowhere.
        MetricsSystem.bootstrap(metrics.recorded)
        NIOSingletons.groupLoopCountSuggestion = settings.web.threads
        let stores = try KeyValueStores(settings.stores, folder: data) { Terminal.warn($0) }
        self.stores = stores
        log = try EventLog.open(settings.log, keys: try StudentKeysStore(settings.log, stores))
        for truncation in log.recovery.truncations { Terminal.warn("\(truncation)") }
        erasures = try HostErasures(settings.custody(data: data), log)
        storeWatch = try StoreWatch(stores, settings.stores)
        let activity = ActivityFile("\(data)/activity")
        if let crash = activity?.crash {
            try quarantine.add(
                crash.build,
                Quarantine.Entry(
                    plugin: crash.plugin, kind: .isolated, since: WallClock.microseconds, reason: "\(crash)"))
            Terminal.warn("the host was ended by a plugin: \(crash); from now on it runs in a worker")
        }
        let catalog = load([])
        // A plugin that was put away must not keep the host from running.
        let isQuarantined = catalog.off.contains { if case .quarantined = $0.why { true } else { false } }
        self.activity = activity
        let troubles = BoundedQueue<(build: PluginBuild, trouble: PluginTrouble)>(limit: 1024)
        let warehouse = Warehouse(settings.warehouse) { Terminal.warn($0) }
        self.warehouse = warehouse
        let tableOutputs = settings.outputs.filter { !$0.tables.isEmpty }.map { $0.publishTables() }
        self.tableOutputs = tableOutputs
        let ownTables = OwnTables(settings.enrichment) { Terminal.warn($0) }
        let tables = TableSinks(
            [warehouse].compactMap { $0.map { TableSinks.Member($0, tables: nil) } }
                + tableOutputs.map { TableSinks.Member($0.rows, tables: $0.tables) }
                + [ownTables].compactMap { $0.map { TableSinks.Member($0, tables: $0.ids) } })
        filters = try FilterSource(settings.filters)
        var reduction = settings.reduction
        reduction.filters = filters.rules
        let problems = settings.enrichment.problems(
            with: EnrichingPlugin.named(catalog.plugins.map(\.description), settings.plugins.tables),
            mayLackFunctions: isQuarantined)
        if !problems.isEmpty { throw InputFailure(problems.joined(separator: "\n")) }
        let engine = try ReductionEngine(
            log, try PluginStores(stores, names: settings.plugins.entries.compactMapValues(\.store)), catalog.plugins,
            reduction, tables: tables, activity: activity, skips: "\(data)/skips.json",
            rules: "\(data)/rules.json", spill: data, mayLackFunctions: isQuarantined,
            report: { Terminal.note("\($0.plugin): \($0.text)") },
            warn: { Terminal.warn($0) },
            onTrouble: { build, trouble in
                Terminal.warn("\(trouble)")
                troubles.put((build, trouble))
            })
        self.engine = engine
        // Its threads run: it can't just go when something else does not fit.
        var isWhole = false
        defer { if !isWhole { engine.close() } }
        archive = settings.archive.isEnabled ? try Archive(log, settings.archive, report: Terminal.warn) : nil
        outputs = try settings.outputs.filter(\.tables.isEmpty).map { [log] in
            try $0.publish(log, dedup: settings.reduction.dedup, rules: engine.filterHistory)
        }
        let tableIDs = engine.plugins.flatMap { plugin in
            plugin.description.tables.map { TableID(plugin: plugin.id, table: $0.id) }
        }
        for output in tableOutputs {
            for table in output.tables.subtracting(tableIDs) {
                Terminal.warn("output \(output.name): no plugin has the table \(table.plugin)/\(table.table) now")
            }
        }
        alerts = try AlertOutbox(settings.alerts.folder, settings.alerts.webhook) { Terminal.warn($0) }
        for column in engine.lackingColumns { Terminal.warn("left out: \(column)") }
        let blockList = settings.ingest.rules.isEmpty ? nil : try BlockList(files: settings.ingest.rules)
        for warning in blockList?.warnings ?? [] { Terminal.warn(warning) }
        blobs = BlobStore(log: log, store: stores.default) { Terminal.warn($0) }
        let enrichment = try settings.enrichment.isActive ? Enrichment(settings.enrichment, stores, ownTables) : nil
        enrichment?.use(engine.enrichingPlugins)
        ingest = try IngestService(
            settings.ingest, log: log, sources: PluginSource.all(of: engine), blockList: blockList,
            blobs: blobs, enrichment: enrichment)
        topics =
            settings.topics.topics.isEmpty
            ? nil : TopicReader(settings.topics, into: ingest) { Terminal.warn($0) }
        ingest.counters.declare(types: engine.plugins.flatMap(\.description.types))
        let plugins = LoadedPlugins(
            catalog, engine: engine, ingest: ingest, history: BuildHistory(data: data),
            settings: FoldedSettings(data: data), load: load)
        self.plugins = plugins
        cluster = Cluster(log, engine, blobs, stores.default, plugins, folder: folder, data: data)
        self.troubles = troubles
        judge = WorkThread(name: "quarantine") {
            while let (build, trouble) = troubles.take() { plugins.judge(build, trouble, quarantine) }
        }
        isWhole = true
    }

    /// Serves until the process is told to stop; then drains, takes a last checkpoint and closes the log.
    ///
    /// - Parameter folder: plugins that change in it are replaced at once; nil: when an operator says so.
    /// - Returns: whether it stopped to begin anew.
    func run(watching folder: String?, onReady: @escaping @Sendable (ListenAddress) -> Void) async throws -> Bool {
        let readiness = Readiness()
        watch(readiness)
        metrics.add(settings.metrics, of: engine.views)
        let descriptions = engine.plugins.map(\.description)
        for problem in settings.metrics.problems(with: descriptions, added: settings.plugins.tables) {
            Terminal.warn("left out: \(problem)")
        }
        for problem in settings.alerts.problems(with: descriptions, added: settings.plugins.tables) {
            Terminal.warn("left out: \(problem)")
        }
        let alertWatch = AlertWatch(
            settings.alerts, alerts, engine, log, data: data, checkpoint: settings.reduction.checkpoint, readiness
        ) { [self] in
            processorReport
        }
        metrics.add(alertWatch, alerts)
        let plugins = plugins
        let changes = PluginChanges(plugins, settings.plugins, quarantine, data: data)
        let tokens = settings.tokens(data: data)
        let web = WebServer(
            settings.web,
            host: WebServer.Host(
                plugins: { plugins.report }, tables: engine.views, states: engine.views, log: log, ingest: ingest,
                readiness: readiness, metrics: metrics, filters: { [engine] in engine.filterReport },
                processor: { [self] in
                    var report = processorReport
                    report.alerts = alertWatch.firing.map(ProcessorReport.Alert.init)
                    report.alertProblem = alerts.counters.problem
                    return report
                },
                enrichment: { [ingest] in ingest.enrichment?.figures ?? EnrichmentReport(enrichers: []) },
                cluster: { [cluster] in cluster?.report },
                erasures: erasures.requests,
                change: { request throws(PluginReloadError) in try changes.run(request) }),
            tokens: try AccessTokens.open(tokens), assets: try AssetFolder.open(settings.web.assets), logger: logger,
            onReady: { [cluster] address in
                onReady(address)
                cluster?.start(at: "\(address)")
            })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [web], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        let retention = RetentionThread(settings, log, engine, archive, outputs)
        erasures.onDecision { Task { await group.triggerGracefulShutdown() } }
        let watching = folder.map { folder in Task { await plugins.follow(folder) } }
        if let trouble = await ingest.tokens?.prepare() {
            Terminal.warn("ingest.jwt.keys: \(trouble); they are asked for again when a token comes")
        }
        let following = Task { [ingest] in await ingest.followFiles() }
        let filtering = Task { [engine, filters] in await engine.follow(filters) }
        let alerting = Task { await alertWatch.run() }
        topics?.start()
        let asking = Task { [storeWatch] in await storeWatch.run() }
        let result = await Result { () async throws in try await group.run() }
        watching?.cancel()
        following.cancel()
        filtering.cancel()
        asking.cancel()
        alerting.cancel()
        await alerting.value
        alerts.close()
        await filtering.value
        topics?.close()
        await ingest.finishLookups()
        retention?.stop()
        cluster?.beginStopping()
        stores.stopWaiting()
        log.beginClosing()
        // Without it all the same: what was folded is stored.
        let flushed = Result(catching: { try log.flush() })
        blobs.close()
        troubles.close()
        judge.join()
        engine.close()
        cluster?.stop()
        warehouse?.close()
        for output in tableOutputs { output.rows.close() }
        archive?.stop()
        for output in outputs { output.stop() }
        try flushed.get()
        try log.close()
        if let failure = engine.failure { throw failure }
        try result.get()
        return erasures.isRestartDue
    }

    private var processorReport: ProcessorReport {
        ProcessorReport(
            engine, storeWatch.report, warehouse.map { .warehouse($0, settings.warehouse) }, outputs, tableOutputs,
            ingest.enrichment?.figures,
            types: Dictionary(uniqueKeysWithValues: settings.outputs.map { ($0.name, $0.place.typeName) }),
            isEnabled: settings.processor.isEnabled)
    }

    /// Has the host begin anew, at the same address, when a plugin in its process traps, exits or does not return: the plugin
    /// then gets a worker. Not if that happens again and again.
    func restartOnCrash(listening address: ListenAddress) {
        guard engine.plugins.contains(where: { $0.code != nil }), let activity, Restart.isAllowed else { return }
        let (engine, usual) = (engine, WorkerLimits().deadline)
        CallWatch(activity) { plugin in engine.plugins.first { $0.id == plugin }?.limits.deadline ?? usual }.start()
        Restart.enable(arguments: CommandLine.arguments + ["--listen", "\(address)"])
    }

    private func watch(_ readiness: Readiness) {
        readiness.add("log") { [log] in log.failure.map { "\($0)" } }
        readiness.note("log: brokers") { [log] in log.trouble }
        if let cluster {
            readiness.add("group") { cluster.problem }
            metrics.add(.gauge, "lectern_owned_partitions", "Partitions of the shared log that this host folds.") {
                Double(cluster.partitions.count)
            }
        }
        readiness.add("integrity") { [log] in log.integrity?.failure.map { "\($0)" } }
        readiness.add("archive") { [archive] in archive?.failure.map { "\($0)" } }
        readiness.add("reduction") { [engine] in engine.failure.map { "\($0)" } }
        metrics.add(.counter, "lectern_events_folded_total", "Events that shards have folded since the start.") {
            [engine] in Double(engine.folded)
        }
        metrics.add(.gauge, "lectern_states", "States of all plugins, by where they are.") { [engine] in
            let states = engine.states
            return [("memory", states.resident), ("file", states.spilled)].map {
                MetricFamily.Sample(Double($0.1), labels: [("place", $0.0)])
            }
        }
        metrics.add(
            .gauge, "lectern_dedup_marks", "Ids of events that dedup knows, for each plugin, by where they are."
        ) {
            [engine] in
            let states = engine.states
            return [("memory", states.residentMarks), ("file", states.spilledMarks)].map {
                MetricFamily.Sample(Double($0.1), labels: [("place", $0.0)])
            }
        }
        metrics.add(
            .counter, "lectern_events_duplicate_total",
            "Events whose id came before since the start: with the same content, or with another one."
        ) { [engine] in
            let duplicates = engine.dropped
            return [("natural", duplicates.natural), ("synthetic", duplicates.synthetic)].map {
                MetricFamily.Sample(Double($0.1), labels: [("kind", $0.0)])
            }
        }
        metrics.add(
            .counter, "lectern_events_late_total",
            "Events all of whose windows were over since the start; each plugin with windows counts for itself."
        ) { [engine] in Double(engine.dropped.late) }
        metrics.addFilters { [engine] in engine.filterReport }
        if let enrichment = ingest.enrichment {
            metrics.addEnrichment { enrichment.figures }
            metrics.add(
                .gauge, "lectern_enrichment_waiting_events",
                "Events that wait for what is looked up of them, with those behind them."
            ) { [ingest] in Double(ingest.counters.waiting) }
        }
        metrics.add(
            .counter, "lectern_early_frames_total", "Frames kept that came before their connection said who it is."
        ) { [log] in Double(log.earlyFrames.kept) }
        metrics.add(.counter, "lectern_early_frames_dropped_total", "Such frames that were left out: too many waited.")
        {
            [log] in Double(log.earlyFrames.dropped)
        }
        if let archive {
            metrics.add(.counter, "lectern_archive_lines_total", "Events written into the archive since the start.") {
                Double(archive.lines)
            }
            metrics.add(.gauge, "lectern_archive_open_sessions", "Sessions whose archived file is open.") {
                Double(archive.openSessions)
            }
        }
        if let warehouse { metrics.add(warehouse) }
        for output in outputs {
            readiness.note("output \(output.name)") { output.trouble }
        }
        for output in tableOutputs { readiness.note("output \(output.name)") { output.rows.counters.trouble } }
        if let topics {
            readiness.note("topics") { topics.trouble }
            metrics.add(topics)
        }
        if !outputs.isEmpty { metrics.add(outputs) }
        if !tableOutputs.isEmpty { metrics.add(tableOutputs) }
        metrics.add(.counter, "lectern_checkpoints_total", "Checkpoints that were committed since the start.") {
            [engine] in Double(engine.checkpoints)
        }
        metrics.add(
            .gauge, "lectern_consumer_lag_messages", "Records of the log that a plugin has not folded yet."
        ) { [engine] in
            engine.lags.map { MetricsRegistry.Sample(Double($0.lag.records), labels: [("plugin", $0.plugin)]) }
        }
        metrics.add(
            .gauge, "lectern_consumer_lag_seconds", "For how long the oldest of them waits; 0 if there is none."
        ) { [engine] in
            engine.lags.map { MetricsRegistry.Sample($0.lag.seconds, labels: [("plugin", $0.plugin)]) }
        }
        metrics.add(
            .gauge, "lectern_views_lag_seconds",
            "How long the oldest checkpoint waits that dashboards do not show yet, nor sinks of tables have."
        ) { [views = engine.views] in Double(views.lag) / 1e6 }
    }
}

extension ReductionEngine {
    /// What the filter rules did, for those who ask.
    fileprivate var filterReport: FilterReport {
        let rules = filters
        let counts = filterCounts
        return FilterReport(
            mode: rules.mode.rawValue,
            rules: rules.rules.map { rule in
                let count = counts.first { $0.rule == rule.name } ?? FilterCounts(rule.name)
                return FilterReport.Rule(
                    name: rule.name, action: rule.action.rawValue, types: rule.types, matched: count.matched,
                    blocked: count.blocked, unknown: count.unknown, errors: count.errors)
            })
    }
}

extension Enrichment {
    /// - Parameter stores: those of the settings.
    fileprivate convenience init(
        _ configuration: EnrichmentConfiguration, _ stores: KeyValueStores, _ tables: OwnTables?
    ) throws {
        self.init(
            configuration, store: try configuration.store.map { try stores.store(named: $0) }, tables: tables,
            report: { Terminal.warn($0) })
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
