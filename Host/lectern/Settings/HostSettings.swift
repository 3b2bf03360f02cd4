import Archive
import Custody
import Enrichment
import EventLog
import Ingest
import KeyValueStore
import PluginHost
import Reduction
import Rules
import Settings
import Sinks
import Topics
import Web

/// All settings of a host, checked.
struct HostSettings {
    let log: EventLogConfiguration
    let archive: ArchiveConfiguration
    let stores: KeyValueStoreConfiguration
    let ingest: IngestConfiguration
    let topics: TopicsConfiguration
    let enrichment: EnrichmentConfiguration
    let custody: CustodyConfiguration
    let plugins: PluginsConfiguration
    let reduction: ReductionConfiguration
    let processor: ProcessorSettings
    let alerts: AlertSettings
    let filters: FilterConfiguration
    let warehouse: WarehouseConfiguration
    let outputs: [OutputSettings]
    let web: WebConfiguration
    let metrics: MetricsConfiguration
    /// The names of the sections.
    let sections: Set<String>

    /// Reads every section; throws one error that lists every mistake.
    ///
    /// - Parameter data: the data folder.
    init(_ settings: Settings, data: String) throws {
        self = try settings.validate { HostSettings($0, data: data) }
    }

    /// Every setting with its value, defaults included, in the order of the sections.
    static func list(_ settings: Settings, data: String) throws -> [EffectiveSetting] {
        try settings.list { HostSettings($0, data: data) }
    }

    private init(_ reader: SettingsReader, data: String) {
        log = EventLogConfiguration(reader.section("log"), directory: "\(data)/log")
        archive = ArchiveConfiguration(reader.section("archive"), directory: "\(data)/archive")
        stores = KeyValueStoreConfiguration(reader.section("kvs"))
        Self.check(log, stores, reader)
        ingest = IngestConfiguration(reader.section("ingest"))
        topics = TopicsConfiguration(reader.section("topics"))
        let shared = stores.stores.filter { $0.kind.forgets != nil }.map(\.name)
        var enrichment = EnrichmentConfiguration(reader.section("enrichment"), stores: shared)
        custody = CustodyConfiguration(reader.section("custody"), data: data)
        let tables = TablesConfiguration(reader.section("tables"))
        var plugins = PluginsConfiguration(reader.section("plugins"))
        plugins.tables = tables
        processor = ProcessorSettings(reader.section("processor"))
        if !processor.isEnabled {
            plugins.turnOff(ProcessorSettings.aggregations)
            enrichment.isEnabled = false
        }
        self.enrichment = enrichment
        self.plugins = plugins
        let names = stores.stores.map(\.name)
        for (id, entry) in plugins.entries.sorted(by: { $0.key < $1.key }) {
            guard let store = entry.store, !names.contains(store) else { continue }
            reader.problem(
                "plugins.\(id).store", found: "\"\(store)\"",
                expected: "a store of the section kvs: \(names.joined(separator: ", "))")
        }
        for store in stores.stores {
            guard let reason = store.kind.forgets else { continue }
            for (id, entry) in plugins.entries.sorted(by: { $0.key < $1.key }) where entry.store == store.name {
                reader.problem(
                    "plugins.\(id).store", found: "\"\(store.name)\", \(reason)",
                    expected: "a store that keeps states", remedy: "Choose one of type sqlite, redis or filesystem.")
            }
        }
        if !log.retention.isEmpty {
            // What forgets its states at each start folds the whole log again.
            let used = Set(plugins.entries.values.map { $0.store ?? "default" } + ["default"])
            for store in stores.stores where store.kind == .stub && used.contains(store.name) {
                reader.problem(
                    "log.retention", found: "ages or bytes, and states in the store \(store.name), which is a stub",
                    expected: "a store that keeps states, since they can't be made again from a log that was cut",
                    remedy: "Choose sqlite, redis or filesystem for kvs.\(store.name), or remove log.retention.")
            }
        }
        var reduction = ReductionConfiguration(
            reduction: reader.section("reduction"), dedup: reader.section("dedup"), partitions: log.partitions ?? 16)
        reduction.tables = tables
        let filters = FilterConfiguration(reader.section("filters"))
        self.filters = processor.isEnabled ? filters : FilterConfiguration()
        warehouse = WarehouseConfiguration(reader.section("warehouse"), directory: "\(data)/warehouse")
        outputs = OutputSettings.all(reader.section("outputs"), data: data)
        // Rows are as old as the last checkpoint.
        var intervals = outputs.filter { !$0.tables.isEmpty }.map(\.publisher.interval)
        if warehouse.kind != .none { intervals.append(warehouse.interval) }
        for interval in intervals { reduction.checkpoint = min(reduction.checkpoint, interval.seconds) }
        self.reduction = reduction
        alerts = AlertSettings(reader.section("alerts"), data: data)
        web = WebConfiguration(reader.section("web"))
        metrics = MetricsConfiguration(reader.section("metrics"))
        sections = reader.knownKeys
        checkSharing(reader)
        if ingest.authentication.contains(.httpBasic), web.proxies.isEmpty {
            reader.section("ingest").problem(
                "authentication", found: "http_basic, and no proxy that checks passwords",
                expected: "the proxy's address in web.proxies",
                remedy: "The name in the header Authorization counts only where a proxy has checked its password")
        }
    }

    /// What holds something of students beside the log and its states.
    private var holders: [any RecordHolder] {
        [ArchiveHolder(archive, actorFields: ingest.actorFields), AlertsHolder(alerts.folder)]
            + (WarehouseHolder(warehouse).map { [$0] } ?? [])
            + outputs.compactMap { $0.holder(actorFields: ingest.actorFields) }
    }

    /// What erases students from the data folder.
    func custody(data: String) -> Custody {
        Custody(
            custody, log: log, stores: stores, data: data, prefixes: IdentityPrefixes.all,
            actorFields: ingest.actorFields,
            holders: holders)
    }

    /// What finds all that is held of a student.
    func export(_ student: String, _ log: LogDirectory) throws -> StudentExport {
        try StudentExport(student, log: log, prefixes: IdentityPrefixes.all, holders: holders)
    }

    /// The file of the host's tokens.
    func tokens(data: String) -> String { web.tokens.isEmpty ? "\(data)/tokens" : web.tokens }

    func foldOptions(restarts: [UInt64]) -> FoldOptions {
        var options = FoldOptions()
        options.shards = reduction.shards
        options.batch = reduction.batch
        options.partitions = log.partitions ?? options.partitions
        options.dedup = reduction.dedup
        options.actors = ingest.actorFields
        options.lineLimit = ingest.eventBytes
        options.checkpointInterval = reduction.checkpoint
        options.restarts = restarts
        return options
    }
}
