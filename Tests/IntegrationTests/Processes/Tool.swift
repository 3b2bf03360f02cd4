import Foundation
import Testing

/// What `scripts/setup --tests` installs. On a CI machine it is expected, elsewhere the tests that need it are skipped if it is
/// missing.
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
        isExpected = Installation.isRequired || FileManager.default.fileExists(atPath: path ?? "/usr/bin/\(name)")
        comment = "needs \(name): scripts/setup --tests installs it"
    }
}
