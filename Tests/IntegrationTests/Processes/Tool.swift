import Foundation
import Testing

/// What `scripts/setup --tests` installs. Debian's packages are expected on a CI machine; elsewhere, and without Python's
/// packages, the tests that need them are skipped.
struct Tool {
    static let dockerCompose = Tool("docker-compose")
    static let kcat = Tool("kcat")
    static let promtool = Tool("promtool")
    static let systemdAnalyze = Tool("systemd-analyze")
    /// A Python that has the packages of `Tests/ForeignClients/requirements.txt`.
    static let confluentKafka = Tool(
        "confluent-kafka", at: "\(Installation.repository)/.build/python/requirements.txt")

    let isExpected: Bool
    let comment: Comment

    private init(_ name: String, at path: String? = nil) {
        let isThere = FileManager.default.fileExists(atPath: path ?? "/usr/bin/\(name)")
        isExpected = isThere || (Installation.isRequired && path == nil)
        comment = "needs \(name): scripts/setup --tests installs it"
    }
}
