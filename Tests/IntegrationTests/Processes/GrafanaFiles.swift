import Foundation
import Testing
import Yams

/// Grafana's files as they are shipped.
enum GrafanaFiles {
    static let folder = "\(Installation.deploy)/grafana"

    /// A question that a panel or an alert asks of a data source.
    struct Question: Sendable, CustomTestStringConvertible {
        let place: String
        let text: String
        var testDescription: String { place }
    }

    /// The dashboards by the names of their files.
    static func dashboards() throws -> [String: [String: Any]] {
        let folder = "\(folder)/dashboards"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
        return Dictionary(
            uniqueKeysWithValues: try names.map { name in
                (name, try JSONRow.object(String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)))
            })
    }

    /// A file of `provisioning`.
    static func provisioning(_ name: String) throws -> [String: Any] {
        let text = try String(contentsOfFile: "\(folder)/provisioning/\(name)", encoding: .utf8)
        guard let object = try Yams.load(yaml: text) as? [String: Any] else { throw Failure("\(name) is no mapping") }
        return object
    }

    static func panels(_ dashboard: [String: Any]) -> [[String: Any]] {
        dashboard["panels"] as? [[String: Any]] ?? []
    }

    static func rules() throws -> [[String: Any]] {
        let groups = try provisioning("alerting/lectern.yml")["groups"] as? [[String: Any]] ?? []
        return groups.flatMap { $0["rules"] as? [[String: Any]] ?? [] }
    }

    /// Every question in SQL: of panels, variables and alerts.
    static func sql() throws -> [Question] { try questions("rawSql") + variables() }

    /// Every question in PromQL.
    static func promQL() throws -> [Question] { try questions("expr") }

    private static func questions(_ key: String) throws -> [Question] {
        var found: [Question] = []
        for (name, dashboard) in try dashboards().sorted(by: { $0.key < $1.key }) {
            for panel in panels(dashboard) {
                for target in panel["targets"] as? [[String: Any]] ?? [] {
                    guard let text = target[key] as? String else { continue }
                    found.append(Question(place: "\(name): \(panel["title"] as? String ?? "")", text: text))
                }
            }
        }
        for rule in try rules() {
            for query in rule["data"] as? [[String: Any]] ?? [] {
                guard let text = (query["model"] as? [String: Any])?[key] as? String else { continue }
                // In these files a dollar sign is written twice.
                found.append(
                    Question(
                        place: "alert: \(rule["title"] as? String ?? "")",
                        text: text.replacingOccurrences(of: "$$", with: "$")))
            }
        }
        return found
    }

    private static func variables() throws -> [Question] {
        try dashboards().sorted { $0.key < $1.key }.flatMap { name, dashboard in
            let list = (dashboard["templating"] as? [String: Any])?["list"] as? [[String: Any]] ?? []
            return list.compactMap { variable in
                (variable["query"] as? String).map {
                    Question(place: "\(name): variable \(variable["name"] as? String ?? "")", text: $0)
                }
            }
        }
    }
}
