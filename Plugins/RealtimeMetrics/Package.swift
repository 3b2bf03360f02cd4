// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "RealtimeMetrics",
    products: [.library(name: "realtime-metrics", type: .dynamic, targets: ["RealtimeMetrics", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "RealtimeMetrics", dependencies: ["PluginAPI"], path: "RealtimeMetrics"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "RealtimeMetricsTests",
            dependencies: ["RealtimeMetrics", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/RealtimeMetricsTests"),
    ],
    swiftLanguageModes: [.v6]
)
