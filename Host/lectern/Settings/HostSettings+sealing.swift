import Custody
import EventLog
import KeyValueStore
import Settings

extension HostSettings {
    /// What `log.kafka.sealing` names has to keep what it has: what a lost key has sealed is lost.
    static func check(_ log: EventLogConfiguration, _ stores: KeyValueStoreConfiguration, _ reader: SettingsReader) {
        guard let sealing = log.kafka?.sealing, !sealing.keys.isEmpty else { return }
        guard let store = stores.stores.first(where: { $0.name == sealing.keys }) else {
            reader.problem(
                "log.kafka.sealing.keys", found: "\"\(sealing.keys)\"",
                expected: "a store of the section kvs: \(stores.stores.map(\.name).joined(separator: ", "))")
            return
        }
        if log.kafka?.group != nil, !store.kind.isShared {
            reader.problem(
                "log.kafka.sealing.keys", found: "\"\(sealing.keys)\", a store of this host alone, and log.kafka.group",
                expected: "a store of type redis, since every host of the group needs the keys")
        }
        guard let reason = store.kind.mayLose else { return }
        reader.problem(
            "log.kafka.sealing.keys", found: "\"\(sealing.keys)\", \(reason)",
            expected: "a store that loses no key, since what the key has sealed would be lost with it",
            remedy: "Choose one of type redis, or sqlite if one host alone has the log.")
    }

    /// The keys of a sealed log's students, for reading alone, also while hosts have the store; nil: the log is not sealed.
    ///
    /// - Parameter folder: where relative paths of stores begin.
    func readStudentKeys(folder: String) throws -> StudentKeysStore? {
        guard let name = log.kafka?.sealing?.keys, let store = stores.stores.first(where: { $0.name == name }) else {
            return nil
        }
        return StudentKeysStore(try KeyValueStores.open(store, folder: folder, readOnly: true), name: "kvs.\(name)")
    }
}

extension KeyValueStoreConfiguration.Kind {
    /// Whether several hosts can have it.
    fileprivate var isShared: Bool { if case .redis = self { true } else { false } }

    /// Why it may lose what it was given, or nil.
    fileprivate var mayLose: String? {
        switch self {
        case .stub: "a stub, which each start finds empty"
        case .sqlite(_, durable: false): "an sqlite store that may lose the last values (durable: false)"
        case .sqlite, .filesystem, .redis: forgets
        }
    }
}
