package import Enrichment
package import EventLog
import Hummingbird
import HummingbirdCore
package import Ingest
package import Logging
import NIOCore
package import PluginHost
import ServiceLifecycle
import Synchronization

/// The one HTTP application: pages, their streams, the API, and the WebSockets that bring events.
///
/// Run it as a service. On graceful shutdown /readyz fails first; after `drain` no connection is accepted, WebSockets
/// are closed with 1001 and streams end; what is left after `grace` is cut off.
package final class WebServer: Service {
    /// What the web shows of the rest of the host.
    package struct Host: Sendable {
        package var plugins: @Sendable () -> PluginReport
        package var tables: any TableReading
        package var states: any StateReading
        package var log: EventLog
        package var ingest: IngestService
        package var readiness: Readiness
        package var metrics: MetricsRegistry
        /// What filter rules did.
        package var filters: @Sendable () -> FilterReport
        /// How the processing of events goes.
        package var processor: @Sendable () -> ProcessorReport
        /// What was looked up of events.
        package var enrichment: @Sendable () -> EnrichmentReport
        /// The hosts that share the log; nil: nobody does.
        package var cluster: @Sendable () -> ClusterReport?
        /// Nil: students can't be erased here.
        package var erasures: ErasureRequests?
        /// Does to the plugins what an operator asks for. Blocks.
        package var change: @Sendable (PluginRequest) throws(PluginReloadError) -> PluginReload

        package init(
            plugins: @escaping @Sendable () -> PluginReport, tables: any TableReading,
            states: any StateReading, log: EventLog, ingest: IngestService, readiness: Readiness = Readiness(),
            metrics: MetricsRegistry = MetricsRegistry(),
            filters: @escaping @Sendable () -> FilterReport = { FilterReport(mode: "all", rules: []) },
            processor: @escaping @Sendable () -> ProcessorReport = { ProcessorReport() },
            enrichment: @escaping @Sendable () -> EnrichmentReport = { EnrichmentReport(enrichers: []) },
            cluster: @escaping @Sendable () -> ClusterReport? = { nil },
            erasures: ErasureRequests? = nil,
            change: @escaping @Sendable (PluginRequest) throws(PluginReloadError) -> PluginReload = {
                _ throws(PluginReloadError) in throw .failed("This host has fixed plugins.")
            }
        ) {
            self.change = change
            self.erasures = erasures
            self.cluster = cluster
            self.plugins = plugins
            self.tables = tables
            self.states = states
            self.log = log
            self.ingest = ingest
            self.readiness = readiness
            self.metrics = metrics
            self.filters = filters
            self.processor = processor
            self.enrichment = enrichment
        }
    }

    private let configuration: WebConfiguration
    private let host: Host
    private let assets: AssetFolder
    private let hostGuard: HostGuard
    private let policy: AccessPolicy
    private let access: PublisherAccess
    private let hub: DashboardHub
    private let logger: Logger
    private let onReady: @Sendable (ListenAddress) -> Void
    private let isDraining = Atomic<Bool>(false)

    /// - Parameters:
    ///   - tokens: those of `configuration.tokens`.
    ///   - onReady: called once with the address, when connections are accepted.
    package init(
        _ configuration: WebConfiguration, host: Host, tokens: AccessTokens, assets: AssetFolder, logger: Logger,
        onReady: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.configuration = configuration
        self.host = host
        self.assets = assets
        self.logger = logger
        self.onReady = onReady
        hostGuard = HostGuard(hosts: configuration.hosts, origins: host.ingest.configuration.origins)
        policy = AccessPolicy(configuration.authentication, tokens)
        let methods = host.ingest.configuration.authentication
        access = PublisherAccess(
            policy: policy, proxies: configuration.proxies, takesProofs: methods.contains(where: \.isProven),
            takesTokens: methods.contains(.jwt))
        hub = DashboardHub(tables: host.tables, limit: configuration.views, beat: configuration.beat)
    }

    package func run() async throws {
        host.readiness.add("draining") { [weak self] in
            self?.isDraining.load(ordering: .relaxed) == true ? "the host is about to stop" : nil
        }
        var inner = ServiceGroupConfiguration(services: [application()], logger: logger)
        inner.maximumGracefulShutdownDuration = configuration.grace
        let group = ServiceGroup(configuration: inner)
        // Detached, since a nested group would stop accepting at once and nobody could see that the host is not ready.
        let serving = Task.detached { try await group.run() }
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await serving.value
            } onGracefulShutdown: {
                self.isDraining.store(true, ordering: .relaxed)
                Task {
                    try? await Task.sleep(for: self.configuration.drain)
                    await group.triggerGracefulShutdown()
                }
            }
        } onCancel: {
            serving.cancel()
        }
    }

    private func application() -> some Service {
        let idle = TimeAmount(configuration.idle)
        let address = configuration.listen
        let sockets = SocketUpgrade(
            service: host.ingest, hostGuard: hostGuard, access: access,
            workspaces: LoopWorkspaces(host.ingest.configuration), idle: idle)
        return Application(
            router: router(),
            server: HTTPServerBuilder { responder in
                WebChannel(responder: responder, sockets: sockets, idle: idle)
            },
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "Lectern",
                availableConnectionsDelegate: .maximum(configuration.connections, logger: logger)),
            services: [hub],
            onServerRunning: { [onReady] channel in
                onReady(ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
            },
            logger: logger)
    }

    private func router() -> Router<WebRequestContext> {
        let router = Router(context: WebRequestContext.self)
        router.add(middleware: RequestMetrics())
        router.add(
            middleware: GuardMiddleware(hostGuard: hostGuard, assets: assets))
        router.add(middleware: AccessMiddleware(policy: policy))
        let streams = StreamLimit(configuration.streams)
        PageRoutes(
            plugins: host.plugins, assets: assets, figures: { [host] in host.figures }, processor: host.processor,
            cluster: host.cluster
        ).add(to: router)
        DashboardRoutes(plugins: host.plugins, hub: hub, assets: assets, streams: streams).add(to: router)
        LoginRoutes(policy: policy, assets: assets).add(to: router)
        EventRoutes(service: host.ingest, access: access).add(to: router)
        SchemaRoutes().add(to: router)
        RecordRoutes(log: host.log).add(to: router)
        TableRoutes(plugins: host.plugins, tables: host.tables).add(to: router)
        StateRoutes(states: host.states).add(to: router)
        PluginRoutes(change: host.change).add(to: router)
        FilterRoutes(report: host.filters).add(to: router)
        AggregationRoutes(plugins: host.plugins, states: host.states, tables: host.tables).add(to: router)
        ProcessorRoutes(report: host.processor, plugins: host.plugins, readiness: host.readiness).add(to: router)
        EnrichmentRoutes(report: host.enrichment).add(to: router)
        ClusterRoutes(report: host.cluster).add(to: router)
        ErasureRoutes(requests: host.erasures).add(to: router)
        DeadLetterRoutes(letters: host.log.deadLetters).add(to: router)
        HealthRoutes(readiness: host.readiness, metrics: host.metrics).add(to: router)
        host.metrics.add(host.ingest, host.log)
        host.metrics.add(.gauge, "lectern_dashboard_streams", "Open streams of dashboards.") { Double(streams.count) }
        return router
    }
}

extension WebServer.Host {
    /// What the start page tells.
    fileprivate var figures: [(title: String, value: Int64)] {
        [
            ("Events in the log", Int64(clamping: log.nextPositions.reduce(0, +))),
            ("Accepted since the start", Int64(clamping: ingest.counters.accepted)),
            ("Open connections", Int64(ingest.counters.connections)),
            ("Dead letters", Int64(clamping: log.deadLetters.lastID)),
        ]
    }
}
