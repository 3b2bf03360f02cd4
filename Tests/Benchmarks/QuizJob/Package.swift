// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "QuizJob",
    products: [.library(name: "quiz-job", type: .dynamic, targets: ["QuizJob", "Entry"])],
    dependencies: [.package(path: "../../../PluginAPI")],
    targets: [
        .target(name: "QuizJob", dependencies: ["PluginAPI"], path: "QuizJob"),
        .target(
            name: "Entry", dependencies: [.product(name: "CPluginAPI", package: "PluginAPI")], path: "Entry",
            publicHeadersPath: "."),
    ],
    swiftLanguageModes: [.v6]
)
