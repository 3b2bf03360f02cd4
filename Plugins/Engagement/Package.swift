// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Engagement",
    products: [.library(name: "engagement", type: .dynamic, targets: ["Engagement", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "Engagement", dependencies: ["PluginAPI"], path: "Engagement"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "EngagementTests",
            dependencies: ["Engagement", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/EngagementTests"),
    ],
    swiftLanguageModes: [.v6]
)
