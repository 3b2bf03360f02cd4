import Foundation

/// A Prometheus server of its own, with the settings that are shipped, asked by its HTTP API. Gone with its owner.
final class PrometheusServer {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let port: UInt16

    /// Scrapes the hosts at the addresses, `127.0.0.1:3001`, each second.
    init(hosts: [String], token: String) throws {
        folder = try TemporaryFolder()
        let shipped = "\(Installation.deploy)/prometheus"
        let tokenFile = try folder.write("metrics-token", token.utf8)
        // What must be another here: where the token lies, and how often it asks, so that nobody waits.
        let settings = try String(contentsOfFile: "\(shipped)/prometheus.yml", encoding: .utf8)
            .replacingOccurrences(of: "/run/lectern/metrics-token", with: tokenFile)
            .replacingOccurrences(of: "interval: 10s", with: "interval: 1s")
        let file = try folder.write("prometheus.yml", settings.utf8)
        try folder.copy("\(shipped)/lectern.rules.yml", to: "lectern.rules.yml")
        try folder.write("targets/lectern.yml", "- targets: \(hosts)\n".utf8)
        // Below the ports that the system gives to outgoing connections.
        port = UInt16.random(in: 15_000...30_000)
        process = try ChildProcess(
            "prometheus",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(folder.path)/data",
                "--web.listen-address=127.0.0.1:\(port)",
            ])
        let isReady = try eventually(seconds: 60) {
            guard process.isRunning else { throw Failure("Prometheus ended: \(process.complained)") }
            return try ask("/-/ready") != nil
        }
        if !isReady { throw Failure("Prometheus was not ready within a minute: \(process.complained)") }
    }

    deinit {
        process.send(SIGTERM)
        _ = try? process.wait(seconds: 20)
    }

    /// The values that an expression has now, with their labels.
    func query(_ expression: String) throws -> [(labels: [String: String], value: Double)] {
        var query = URLComponents()
        query.queryItems = [URLQueryItem(name: "query", value: expression)]
        let answer = try JSONRow.object(try ask("/api/v1/query?\(query.percentEncodedQuery!)") ?? "{}")
        guard let result = (answer["data"] as? [String: Any])?["result"] as? [[String: Any]] else {
            throw Failure("\(expression): \(answer)")
        }
        return try result.map { series in
            guard let text = (series["value"] as? [Any])?.last as? String, let value = Double(text) else {
                throw Failure("\(expression): \(series)")
            }
            return (series["metric"] as? [String: String] ?? [:], value)
        }
    }

    /// What Prometheus says of a host that it can't read; nil: it can, or has not tried.
    func scrapeErrors() throws -> [String] {
        let answer = try JSONRow.object(try ask("/api/v1/targets") ?? "{}")
        let targets = (answer["data"] as? [String: Any])?["activeTargets"] as? [[String: Any]] ?? []
        return targets.compactMap { $0["lastError"] as? String }.filter { !$0.isEmpty }
    }

    /// The body of an answer; nil if there is none, or its status is no success.
    private func ask(_ path: String) throws -> String? {
        let curl = try ChildProcess("curl", ["-sSf", "--max-time", "20", "http://127.0.0.1:\(port)\(path)"])
        return try curl.wait() == .code(0) ? curl.printed : nil
    }
}
