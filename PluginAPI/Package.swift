// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

// How a plugin is linked, whoever links one: it exports the one symbol of the ABI, stays loaded for good, says which
// build it is, and leaves nothing undefined that would only show when the host loads it.
let pluginLinking: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-Xlinker", "--version-script=\(Context.packageDirectory)/CPluginAPI/plugin.map",
            "-Xlinker", "-z", "-Xlinker", "nodelete",
            "-Xlinker", "--build-id=sha1",
            "-Xlinker", "--no-undefined",
        ], .when(platforms: [.linux]))
]

let package = Package(
    name: "PluginAPI",
    products: [
        .library(name: "CPluginAPI", targets: ["CPluginAPI"]),
        .library(name: "PluginAPI", targets: ["PluginAPI"]),
        .library(name: "PluginTesting", targets: ["PluginTesting"]),
    ],
    targets: [
        .target(name: "CPluginAPI", path: "CPluginAPI", exclude: ["plugin.map", "abi-1.0.txt", "HISTORY.md"]),
        .target(
            name: "PluginAPI", dependencies: ["CPluginAPI"], path: "PluginAPI", swiftSettings: swiftSettings,
            linkerSettings: pluginLinking),
        .target(name: "PluginTesting", path: "PluginTesting", swiftSettings: swiftSettings),
        .testTarget(
            name: "PluginAPITests", dependencies: ["CPluginAPI", "PluginAPI"], path: "Tests/PluginAPITests",
            swiftSettings: swiftSettings),
    ],
    swiftLanguageModes: [.v6]
)
