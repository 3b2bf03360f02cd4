import EventLog
import Ingest
import KeyValueStore
import Logging
import NIOCore
import PluginHost
import Reduction
import ServiceLifecycle
import UnixSignals
import Web

/// A running host: its log, its store, its shards and its web, put together.
struct HostProcess {
    private let log: EventLog
    private let engine: ReductionEngine
    private let settings: HostSettings
    private let plugins: LoadedPlugins
    private let ingest: IngestService
    private let data: String
    private let logger = Logger(label: "lectern")

    /// Opens log and store, restores the last checkpoints, and starts to fold what came after them.
    ///
    /// - Parameter load: loads what the folder of plugins holds, given those that run.
    init(_ settings: HostSettings, data: String, load: @escaping @Sendable ([Plugin]) -> PluginCatalog) throws {
        self.settings = settings
        self.data = data
        NIOSingletons.groupLoopCountSuggestion = settings.web.threads
        log = try EventLog.open(settings.log)
        for truncation in log.recovery.truncations { Terminal.warn("\(truncation)") }
        let stores = try KeyValueStores(settings.stores, folder: data)
        let activity = ActivityFile("\(data)/activity")
        if let crash = activity?.crash {
            var quarantine = Quarantine(data: data)
            try quarantine.note(crash)
            Terminal.warn("the host was ended by a plugin: \(crash)")
        }
        let catalog = load([])
        // A plugin that is kept off because it crashed must not keep the host from running.
        let isQuarantined = catalog.off.contains { if case .quarantined = $0.why { true } else { false } }
        engine = try ReductionEngine(
            log, stores.default, catalog.plugins, settings.reduction, activity: activity,
            mayLackFunctions: isQuarantined)
        for column in engine.lackingColumns { Terminal.warn("left out: \(column)") }
        ingest = IngestService(
            settings.ingest, log: log, sources: catalog.plugins.flatMap(\.sources).map(PluginSource.init))
        plugins = LoadedPlugins(catalog, engine: engine, ingest: ingest, load: load)
    }

    /// Serves until the process is told to stop; then drains, takes a last checkpoint and closes the log.
    ///
    /// - Parameter folder: plugins that change in it are replaced at once; nil: when an operator says so.
    func run(watching folder: String?, onReady: @escaping @Sendable (ListenAddress) -> Void) async throws {
        let readiness = Readiness()
        let metrics = MetricsRegistry()
        watch(readiness, metrics)
        let plugins = plugins
        let tokens = settings.web.tokens.isEmpty ? "\(data)/tokens" : settings.web.tokens
        let web = WebServer(
            settings.web,
            host: WebServer.Host(
                plugins: { plugins.report }, tables: engine.views, states: engine.views, log: log, ingest: ingest,
                readiness: readiness, metrics: metrics,
                reload: { id throws(PluginReloadError) in try plugins.reload(id) }),
            tokens: try AccessTokens.open(tokens), assets: try AssetFolder.open(settings.web.assets), logger: logger,
            onReady: onReady)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [web], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        let watching = folder.map { folder in Task { await plugins.follow(folder) } }
        let result = await Result { () async throws in try await group.run() }
        watching?.cancel()
        try log.flush()
        engine.close()
        try log.close()
        if let failure = engine.failure { throw failure }
        try result.get()
    }

    private func watch(_ readiness: Readiness, _ metrics: MetricsRegistry) {
        readiness.add("log") { [log] in log.failure.map { "\($0)" } }
        readiness.add("reduction") { [engine] in engine.failure.map { "\($0)" } }
        metrics.add(.counter, "lectern_events_folded_total", "Events that shards have folded since the start.") {
            [engine] in Double(engine.folded)
        }
        metrics.add(.counter, "lectern_events_duplicate_total", "Events that were folded before, since the start.") {
            [engine] in Double(engine.duplicates)
        }
        metrics.add(.counter, "lectern_checkpoints_total", "Checkpoints that were committed since the start.") {
            [engine] in Double(engine.checkpoints)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
