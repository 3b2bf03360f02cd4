// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "EventAggregations",
    products: [.library(name: "event-aggregations", type: .dynamic, targets: ["EventAggregations", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "EventAggregations", dependencies: ["PluginAPI"], path: "EventAggregations"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "EventAggregationsTests",
            dependencies: ["EventAggregations", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/EventAggregationsTests"),
    ],
    swiftLanguageModes: [.v6]
)
