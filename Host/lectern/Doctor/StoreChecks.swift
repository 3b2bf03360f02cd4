import KeyValueStore

/// The stores of the settings, where no host runs that could tell.
struct StoreChecks {
    private(set) var findings: [Finding] = []

    init(_ data: String, _ settings: HostSettings) async {
        for store in settings.stores.stores {
            let check = "store \(store.name)"
            let type = store.kind.typeName
            do {
                try await KeyValueStores.check(store, folder: data)
                findings.append(Finding(check, .ok, "\(type): answers"))
            } catch {
                findings.append(
                    Finding(
                        check, .problem, "\(type): \(error)", remedy: Self.remedy(store.kind),
                        topics: .memory, .delays, .enrichments, .duplicates))
            }
        }
    }

    static func remedy(_ kind: KeyValueStoreConfiguration.Kind) -> String {
        switch kind {
        case .redis: "See that the server runs, that it is reached from here, and that the password is right."
        case .stub, .filesystem, .sqlite: "See that the host's user may read and write its files."
        }
    }
}
