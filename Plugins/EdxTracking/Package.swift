// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "EdxTracking",
    products: [.library(name: "edx-tracking", type: .dynamic, targets: ["EdxTracking", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "EdxTracking", dependencies: ["PluginAPI"], path: "EdxTracking"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "EdxTrackingTests", dependencies: ["EdxTracking", "PluginAPI"], path: "Tests/EdxTrackingTests"),
    ],
    swiftLanguageModes: [.v6]
)
