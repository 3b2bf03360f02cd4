// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// A module of the host. `Host/NAME`, warnings are errors, and only what `uses` lists can be imported.
/// Shards and sessions are confined to their threads, which the checks at run time cost 5 % of a fold to confirm.
let unchecked: [SwiftSetting] = [.unsafeFlags(["-enforce-exclusivity=unchecked"])]

func module(
    _ name: String, uses dependencies: [Target.Dependency], _ more: [SwiftSetting] = [], excluding: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Host/\(name)", exclude: excluding,
        swiftSettings: swiftSettings + more)
}

func tests(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: swiftSettings)
}

let package = Package(
    name: "lectern",
    products: [.executable(name: "lectern", targets: ["lectern"])],
    dependencies: [
        .package(path: "PluginAPI"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // What is C: the layout of a record, the JSON shim, and the system's libraries.
        .target(name: "CRecords", path: "Host/C/CRecords"),
        .target(
            name: "CSimdjson", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")],
            path: "Host/C/CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
        .systemLibrary(name: "CFFI", path: "Host/C/CFFI", providers: [.apt(["libffi-dev"])]),
        .systemLibrary(name: "CPostgreSQL", path: "Host/C/CPostgreSQL", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CXXHash", path: "Host/C/CXXHash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CZlib", path: "Host/C/CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CKafka", path: "Host/C/CKafka", linkerSettings: [.linkedLibrary("rdkafka")]),
        .target(name: "CCurl", path: "Host/C/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .systemLibrary(name: "CZstd", path: "Host/C/CZstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CCrypto", path: "Host/C/CCrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "COpenSSL", path: "Host/C/COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CHiredis", path: "Host/C/CHiredis", providers: [.apt(["libhiredis-dev"])]),

        module(
            "Records",
            uses: [
                "CRecords", "CSimdjson", "CXXHash", "CCrypto", "CZlib", "CZstd",
                .product(name: "CPluginAPI", package: "PluginAPI"),
            ], unchecked),
        module("Settings", uses: [.product(name: "Yams", package: "Yams")]),
        module(
            "Rules", uses: ["Records", "Settings", .product(name: "CPluginAPI", package: "PluginAPI")], unchecked),
        module(
            "EventLog",
            uses: [
                "Kafka", "Records", "Settings", "CKafka", "CRecords", "CCrypto", "CXXHash",
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        module("Archive", uses: ["EventLog", "Records", "Settings", "CRecords"]),
        module(
            "KeyValueStore",
            uses: [
                "Records", "Settings", "CHiredis", "COpenSSL", "CXXHash",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        module(
            "PluginHost", uses: ["Records", "Settings", "CFFI", .product(name: "CPluginAPI", package: "PluginAPI")]),
        module(
            "Reduction",
            uses: [
                "EventLog", "KeyValueStore", "PluginHost", "Records", "Rules", "Settings", "CRecords", "CSimdjson",
                "CXXHash",
                .product(name: "CPluginAPI", package: "PluginAPI"),
            ],
            unchecked),
        module("PostgreSQL", uses: ["Records", "Settings", "CPostgreSQL"]),
        module(
            "Enrichment",
            uses: [
                "KeyValueStore", "PluginHost", "PostgreSQL", "Records", "Settings", "CCurl", "CRecords",
                .product(name: "CPluginAPI", package: "PluginAPI"),
            ], unchecked),
        module(
            "Ingest",
            uses: [
                "Enrichment", "EventLog", "KeyValueStore", "PluginHost", "Records", "Settings", "CCurl", "CRecords",
                "CSimdjson",
                .product(name: "CPluginAPI", package: "PluginAPI"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ], unchecked),
        module("Kafka", uses: ["Settings", "CKafka"]),
        module(
            "Topics",
            uses: ["Ingest", "Kafka", "Records", "Settings", "CKafka"]),
        module(
            "Sinks",
            uses: [
                "EventLog", "Kafka", "PluginHost", "PostgreSQL", "Records", "Rules", "Settings", "CCurl", "CKafka",
                .product(name: "CPluginAPI", package: "PluginAPI"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        module(
            "Custody",
            uses: [
                "Archive", "EventLog", "KeyValueStore", "Records", "Settings", "Sinks", "CRecords",
                .product(name: "CPluginAPI", package: "PluginAPI"),
            ]),
        module(
            "Web",
            uses: [
                "Enrichment", "EventLog", "Ingest", "PluginHost", "Records", "Settings", "CRecords",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], unchecked, excluding: ["Assets"]),

        .executableTarget(
            name: "lectern",
            dependencies: [
                "Archive", "Custody", "Enrichment", "EventLog", "Ingest", "Kafka", "KeyValueStore", "PluginHost",
                "Records", "Reduction",
                "Rules",
                "Settings", "Sinks", "Topics", "Web", "CCrypto", "CRecords",
                .product(name: "CPluginAPI", package: "PluginAPI"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], path: "Host/lectern", swiftSettings: swiftSettings,
            linkerSettings: [
                // A tree that was copied brings Swift's runtime along: see scripts/build.
                .unsafeFlags(["-Xlinker", "-rpath=$ORIGIN/../lib"])
            ]),

        // What a call of a function of a plugin costs.
        .target(name: "CWork", path: "Tests/Benchmarks/FunctionCalls/CWork"),
        .executableTarget(
            name: "function-calls", dependencies: ["CFFI", "CWork", "PluginHost"],
            path: "Tests/Benchmarks/FunctionCalls/FunctionCalls", swiftSettings: swiftSettings),

        // What the Merkle trees of a log cost.
        .executableTarget(
            name: "merkle-tree", dependencies: ["EventLog", "Records"], path: "Tests/Benchmarks/MerkleTree",
            swiftSettings: swiftSettings),

        // How fast rows come into PostgreSQL.
        .executableTarget(
            name: "warehouse-rows", dependencies: ["CPostgreSQL", "PluginHost", "PostgreSQL", "Sinks"],
            path: "Tests/Benchmarks/WarehouseRows", swiftSettings: swiftSettings),

        // What storing checkpoints on a Redis server takes.
        .executableTarget(
            name: "redis-checkpoints", dependencies: ["KeyValueStore", "Records"],
            path: "Tests/Benchmarks/RedisCheckpoints", swiftSettings: swiftSettings),

        // A Kafka cluster for tests.
        .executableTarget(
            name: "kafka-broker", path: "Tests/KafkaBroker", linkerSettings: [.linkedLibrary("rdkafka")]),

        tests("ArchiveTests", uses: ["Archive", "EventLog", "Records", "Settings"]),
        tests("EventLogTests", uses: ["CKafka", "CRecords", "EventLog", "Kafka", "Records", "Settings"]),
        tests(
            "RecordsTests",
            uses: [
                "CRecords", "Records", .product(name: "CPluginAPI", package: "PluginAPI"),
            ]),
        tests("ReductionTests", uses: ["EventLog", "Records", "Reduction", "Settings"]),
        tests("PluginHostTests", uses: ["PluginHost", "Settings"]),
        tests(
            "SinksTests",
            uses: [
                "EventLog", "Kafka", "PluginHost", "Records", "Settings", "Sinks",
                .product(name: "GRDB", package: "GRDB.swift"),
            ]),
        tests("SettingsTests", uses: ["Settings"]),
        tests(
            "RulesTests", uses: ["Records", "Rules", "Settings", .product(name: "CPluginAPI", package: "PluginAPI")]),
        tests("TopicsTests", uses: ["Kafka", "Settings", "Topics"]),
        tests(
            "EnrichmentTests",
            uses: [
                "Enrichment", "KeyValueStore", "PluginHost", "Records", "Settings",
                .product(name: "CPluginAPI", package: "PluginAPI"),
            ]),
        tests(
            "IngestTests",
            uses: [
                "Enrichment", "EventLog", "Ingest", "KeyValueStore", "PluginHost", "Records", "Settings",
                .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        tests("CustodyTests", uses: ["Archive", "Custody", "EventLog", "KeyValueStore", "Records", "Settings"]),
        tests(
            "WebTests",
            uses: [
                "EventLog", "Ingest", "PluginHost", "Records", "Settings", "Web",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        // Runs the built program and the built plugins as processes.
        tests("IntegrationTests", uses: [.product(name: "Yams", package: "Yams")]),
        tests("KeyValueStoreTests", uses: ["KeyValueStore", "Records", "Settings"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
