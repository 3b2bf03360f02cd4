// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "MemoryScore",
    products: [.library(name: "memory-score", type: .dynamic, targets: ["MemoryScore", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "MemoryModels", dependencies: ["PluginAPI"], path: "MemoryModels"),
        .target(name: "MemoryScore", dependencies: ["MemoryModels", "PluginAPI"], path: "MemoryScore"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "MemoryModelsTests", dependencies: ["MemoryModels", "PluginAPI"], path: "Tests/MemoryModelsTests"),
        .testTarget(
            name: "MemoryScoreTests",
            dependencies: ["MemoryScore", "MemoryModels", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/MemoryScoreTests"),
    ],
    swiftLanguageModes: [.v6]
)
