// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "LearnerContext",
    products: [.library(name: "learner-context", type: .dynamic, targets: ["LearnerContext", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "LocalTime", path: "LocalTime"),
        .target(name: "LearnerContext", dependencies: ["LocalTime", "PluginAPI"], path: "LearnerContext"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(name: "LocalTimeTests", dependencies: ["LocalTime"], path: "Tests/LocalTimeTests"),
        .testTarget(
            name: "LearnerContextTests",
            dependencies: ["LearnerContext", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/LearnerContextTests"),
    ],
    swiftLanguageModes: [.v6]
)
