import EventLog
import Foundation
import Ingest
import Logging
import PluginHost
import ServiceLifecycle
import Synchronization
import Web

/// A host on a free port with a log of its own, for the time of a test.
struct TestServer: Sendable {
    let port: UInt16
    let log: EventLog
    let ingest: IngestService
    let tables: FakeTables
    let readiness: Readiness
    let group: ServiceGroup
    let tokens: [Role: String]
    let quiz: Switch

    /// Whether the plugin `quiz` is on.
    final class Switch: Sendable {
        let isOn = Atomic<Bool>(true)
    }

    static func run<Result: Sendable>(
        _ configure: (inout WebConfiguration) -> Void = { _ in },
        ingest configureIngest: (inout IngestConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lectern-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var logConfiguration = EventLogConfiguration(directory: folder.path)
        logConfiguration.sync = false
        logConfiguration.direct = false
        let log = try EventLog.open(logConfiguration)
        var ingestConfiguration = IngestConfiguration()
        configureIngest(&ingestConfiguration)
        let ingest = try IngestService(ingestConfiguration, log: log)
        var configuration = WebConfiguration()
        configuration.listen.port = 0
        configure(&configuration)

        var logger = Logger(label: "web")
        logger.logLevel = .critical
        let tables = Quiz.tables()
        var listing = PluginListing(
            id: "quiz", version: "1.0", reducers: ["attempts", "user-hourly"], tables: ["attempts", "students"],
            dashboards: [Quiz.dashboard])
        listing.keys = ["attempts": ["actor"], "user-hourly": ["actor", "window"]]
        let quizListing = listing
        let other = PluginListing(id: "course", version: "1.0", tables: ["students"])
        let off = PluginOff(
            identity: PluginIdentity(
                id: "edx", version: "1.3.0", sdk: "1.0.0", language: "c", toolchain: "gcc", build: "ab", abi: "1.0"),
            file: "edx.so", why: .version(pinned: "1.2.0"))
        let quiz = Switch()
        let quizOff = PluginOff(
            identity: PluginIdentity(
                id: "quiz", version: "1.0", sdk: "1.0.0", language: "c", toolchain: "gcc", build: "cd", abi: "1.0"),
            file: "quiz.so", why: .switchedOff(since: "2026-01-31T10:00:00Z"))
        let readiness = Readiness()
        let tokens = Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0, "token-of-the-\($0.rawValue)-1") })
        let text = tokens.map { "\($0.key.rawValue) \($0.value)\n" }.joined()
        let (ready, isReady) = AsyncStream<Int>.makeStream()
        let server = WebServer(
            configuration,
            host: WebServer.Host(
                plugins: {
                    let isOn = quiz.isOn.load(ordering: .relaxed)
                    return PluginReport(
                        plugins: isOn ? [quizListing, other] : [], refusals: ["old.so refused: abi"],
                        off: isOn ? [off] : [off, quizOff])
                },
                tables: tables,
                states: FakeStates(), log: log, ingest: ingest, readiness: readiness,
                processor: { Quiz.processor }),
            tokens: try AccessTokens(text, path: "tokens"), assets: try AssetFolder.open(assets), logger: logger,
            onReady: { isReady.yield($0.port) })
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [server], logger: logger))

        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var ports = ready.makeAsyncIterator()
            guard let port = await ports.next() else { throw CancellationError() }
            let test = TestServer(
                port: UInt16(port), log: log, ingest: ingest, tables: tables, readiness: readiness, group: group,
                tokens: tokens, quiz: quiz)
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(test)) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try log.close()
            return try result.get()
        }
    }

    private static let assets = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../Host/Web/Assets").path

    /// Connects and does blocking work on a thread of its own: a test must not hold the threads that the server needs.
    func connect<Result: Sendable>(_ body: @escaping @Sendable (TestClient) throws -> Result) async throws -> Result {
        try await withTaskExecutorPreference(OwnThreads.shared) { try body(try TestClient(port: port)) }
    }

    /// Begins a graceful shutdown.
    func stop() {
        Task { await group.triggerGracefulShutdown() }
    }

    /// Asks for a WebSocket on a connection of its own; returns the status.
    func upgrade(_ target: String = "/wsapi/in/", headers: [String: String] = [:]) async throws -> Int {
        try await connect { try $0.upgrade(target, headers: headers) }
    }

    func request(
        _ method: String = "GET", _ target: String, headers: [String: String] = [:], body: String = ""
    ) async throws -> TestClient.Answer {
        try await connect { try $0.request(method, target, headers: headers, body: body) }
    }
}

/// Runs each job on a new thread.
private final class OwnThreads: TaskExecutor {
    static let shared = OwnThreads()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
    }
}
