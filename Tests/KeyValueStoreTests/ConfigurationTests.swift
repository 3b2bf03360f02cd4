import KeyValueStore
import Settings
import Testing

@Suite struct ConfigurationTests {
    private func read(_ yaml: String) throws -> KeyValueStoreConfiguration {
        try Settings(yaml: yaml, file: "lectern.yaml").validate { KeyValueStoreConfiguration($0.section("kvs")) }
    }

    @Test func withoutSettingsThereIsADatabase() throws {
        #expect(try read("").stores == [.init(name: "default", kind: .sqlite(path: "default.sqlite", durable: true))])
        #expect(try read("kvs:") == KeyValueStoreConfiguration())
    }

    @Test(arguments: [
        """
        kvs:
          default: {type: filesystem, path: .lo_kvs}
          cache: {type: stub}
          states: {type: sqlite, durable: false}
        """,
        """
        kvs:
          - [default, {type: filesystem, path: .lo_kvs}]
          - - cache
            - type: stub
          - [states, {type: sqlite, durable: false}]
        """,
    ])
    func storesAreAMappingOrPairs(yaml: String) throws {
        #expect(
            try read(yaml).stores == [
                .init(name: "default", kind: .filesystem(path: ".lo_kvs", subdirs: false)),
                .init(name: "cache", kind: .stub),
                .init(name: "states", kind: .sqlite(path: "states.sqlite", durable: false)),
            ])
    }

    @Test func everyMistakeIsInOneError() {
        let yaml = """
            kvs:
              main:
                type: filesystm
              cache:
                type: redis_ephemeral
                database: 1
                prot: 6379
              files:
                type: filesystem
              more:
                type: sqlite
                path: a
                sync: true
              other: {type: sqlite, path: a}
              empty:
            """
        let error = #expect(throws: SettingsError.self) { try read(yaml) }
        #expect(
            error?.description == """
                8 mistakes in the settings:
                  lectern.yaml:1, kvs.default: found no store of this name, expected one. States are kept in it.
                  lectern.yaml:3, kvs.main.type: found "filesystm", expected one of stub, filesystem, sqlite, redis, redis_ephemeral. \
                Did you mean `filesystem`?
                  lectern.yaml:4, kvs.cache.expiry: found nothing, expected a whole number from 1 to 2147483647. \
                Set `kvs.cache.expiry`.
                  lectern.yaml:7, kvs.cache.prot: found an unknown key, expected one of connect_timeout, connections, \
                database, expiry, host, nodes, password, patience, pipeline, port, prefix, reconnect, reconnect_limit, \
                shutdown, socket, timeout, tls, type, user. Did you mean `port`?
                  lectern.yaml:8, kvs.files.path: found nothing, expected a text. Set `kvs.files.path`.
                  lectern.yaml:13, kvs.more.sync: found an unknown key, expected one of durable, path, type
                  lectern.yaml:14, kvs.other.path: found "a", which the store `more` has, expected a path of its own
                  lectern.yaml:15, kvs.empty.type: found nothing, expected one of stub, filesystem, sqlite, redis, redis_ephemeral. \
                Set `kvs.empty.type`.
                """)
    }

    @Test func theRouterOpensAllStores() async throws {
        let folder = try Folder()
        let yaml = "kvs: {default: {type: stub}, a: {type: stub}, f: {type: filesystem, path: f}, s: {type: sqlite}}"
        let stores = try KeyValueStores(try read(yaml), folder: folder.path)
        #expect(stores.names == ["a", "default", "f", "s"])
        for (index, name) in stores.names.enumerated() {
            try await stores.store(named: name).set("k", "\(index)")
        }
        #expect(try await stores.default.get("k") == "1")
        #expect(try await stores.store(named: "a").get("k") == "0")
        let error = #expect(throws: StoreError.self) { try stores.store(named: "b") }
        #expect(error?.description.contains("expected one of a, default, f, s") == true)
    }
}
