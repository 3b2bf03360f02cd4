// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "QuizAnalytics",
    products: [.library(name: "quiz-analytics", type: .dynamic, targets: ["QuizAnalytics", "Entry"])],
    dependencies: [.package(path: "../../PluginAPI")],
    targets: [
        .target(name: "QuizAnalytics", dependencies: ["PluginAPI"], path: "QuizAnalytics"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
        .testTarget(
            name: "QuizAnalyticsTests",
            dependencies: ["QuizAnalytics", .product(name: "PluginTesting", package: "PluginAPI")],
            path: "Tests/QuizAnalyticsTests"),
    ],
    swiftLanguageModes: [.v6]
)
