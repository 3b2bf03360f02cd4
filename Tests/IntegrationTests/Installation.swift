import Foundation

/// What the tests run: programs, plugins and real inputs. On a CI machine (CI=true) what is missing is a failure,
/// elsewhere the tests that need it are skipped.
enum Installation {
    private static let environment = ProcessInfo.processInfo.environment
    static let isRequired = environment["CI"] == "true"

    static let repository = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL.path

    /// The program: LECTERN_BIN, else what a release build leaves.
    static let lectern = environment["LECTERN_BIN"] ?? "\(repository)/.build/release/lectern"
    /// The folder of built plugins: LECTERN_PLUGINS, else what scripts/build leaves.
    static let plugins = environment["LECTERN_PLUGINS"] ?? "\(repository)/dist/plugins"
    /// The tree that is copied to users: LECTERN_DIST, else what scripts/build leaves.
    static let dist = environment["LECTERN_DIST"] ?? "\(repository)/dist"
    /// What deployments are made of.
    static let deploy = "\(repository)/scripts/deploy"
    /// What deployments of several hosts are made of.
    static let cluster = "\(repository)/scripts/cluster"
    /// Files that nobody of this project wrote.
    static let data = "\(repository)/../shared/data"

    static let isExpected = isRequired || (isThere(lectern) && isThere(plugins))
    static let isDistExpected = isRequired || isThere("\(dist)/bin/lectern")
    static let isDataExpected = isRequired || isThere(data)
    static let isBrowserExpected = isRequired || isThere(browser)
    static let isCompilerExpected = isRequired || isThere("/usr/bin/gcc")
    static let browser = environment["LECTERN_BROWSER"] ?? "/usr/bin/chromium"

    /// Where the tests of the browser leave what they saw; nil: nowhere.
    static let screenshots = environment["LECTERN_SCREENSHOTS"]

    /// The library of a plugin in `plugins`.
    static func plugin(_ id: String) throws -> String {
        for path in ["\(plugins)/\(id).so", "\(plugins)/lib\(id).so"] where isThere(path) { return path }
        throw Failure("there is no \(id).so in \(plugins)")
    }

    private static func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
