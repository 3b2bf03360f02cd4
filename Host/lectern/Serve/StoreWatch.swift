import KeyValueStore
import Synchronization
import Web

/// Asks every store now and then whether it answers. All members: any thread.
final class StoreWatch: Sendable {
    /// From one round of questions to the next.
    private static let interval = Duration.seconds(5)

    private let stores: [(name: String, type: String, store: any KeyValueStore)]
    /// By name.
    private let problems = Mutex<[String: String]>([:])

    init(_ stores: KeyValueStores, _ configuration: KeyValueStoreConfiguration) throws {
        self.stores = try configuration.stores.map { ($0.name, $0.kind.typeName, try stores.store(named: $0.name)) }
    }

    /// What was found last.
    var report: [ProcessorReport.Store] {
        let problems = problems.withLock { $0 }
        return stores.map { ProcessorReport.Store(name: $0.name, type: $0.type, problem: problems[$0.name]) }
    }

    /// Asks until the task is cancelled. One store that does not answer holds up no question to another.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for (name, _, store) in stores {
                group.addTask { [self] in
                    repeat {
                        let problem: String?
                        do {
                            _ = try await store.get(KeyValueStores.healthKey)
                            problem = nil
                        } catch {
                            problem = "\(error)"
                        }
                        problems.withLock { $0[name] = problem }
                    } while (try? await Task.sleep(for: Self.interval)) != nil
                }
            }
        }
    }
}

extension KeyValueStoreConfiguration.Kind {
    /// As `type` of a store's settings says it.
    var typeName: String {
        switch self {
        case .stub: "stub"
        case .filesystem: "filesystem"
        case .sqlite: "sqlite"
        case .redis(let configuration): configuration.expiry == nil ? "redis" : "redis_ephemeral"
        }
    }
}
