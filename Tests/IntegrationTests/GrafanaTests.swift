import Foundation
import Testing

extension IntegrationTests {
    /// Grafana's files against what Grafana asks of them. (Debian has no Grafana to try them with.)
    @Suite("Grafana's files")
    struct GrafanaTests {
        private func dataSources() throws -> [String: String] {
            let sources = try GrafanaFiles.provisioning("datasources/lectern.yml")["datasources"] as? [[String: Any]]
            return Dictionary(
                uniqueKeysWithValues: (sources ?? []).map { ($0["uid"] as? String ?? "", $0["type"] as? String ?? "") })
        }

        @Test("there are the four dashboards, each with its own uid and a refresh of ten seconds")
        func dashboards() throws {
            let dashboards = try GrafanaFiles.dashboards().values
            #expect(
                Set(dashboards.map { $0["title"] as? String }) == [
                    "Engagement", "Module Performance", "Forgetting Risk Trends", "System Health",
                ])
            #expect(Set(dashboards.map { $0["uid"] as? String }).count == 4)
            for dashboard in dashboards {
                let uid = try #require(dashboard["uid"] as? String)
                #expect(uid.wholeMatch(of: /[a-z0-9-]{1,40}/) != nil)
                #expect(dashboard["id"] is NSNull, "\(uid)")
                #expect(dashboard["refresh"] as? String == "10s", "\(uid)")
                #expect((39...42).contains(dashboard["schemaVersion"] as? Int ?? 0), "\(uid)")
                #expect(Set(["time", "timepicker", "templating", "annotations", "tags"]).isSubset(of: dashboard.keys))
            }
        }

        @Test("every panel asks a data source that is provisioned, and has a title and an id of its own")
        func panels() throws {
            let sources = try dataSources()
            #expect(
                sources == ["lectern-warehouse": "grafana-postgresql-datasource", "lectern-prometheus": "prometheus"])
            for (name, dashboard) in try GrafanaFiles.dashboards() {
                let panels = GrafanaFiles.panels(dashboard)
                #expect(Set(panels.compactMap { $0["id"] as? Int }).count == panels.count, "\(name)")
                #expect(Set(panels.compactMap { $0["title"] as? String }).count == panels.count, "\(name)")
                for panel in panels {
                    let title = "\(name): \(panel["title"] as? String ?? "")"
                    let types = ["stat", "timeseries", "barchart", "table"]
                    #expect(types.contains(panel["type"] as? String ?? ""), "\(title)")
                    let targets = panel["targets"] as? [[String: Any]] ?? []
                    #expect(!targets.isEmpty, "\(title)")
                    #expect(Set(targets.compactMap { $0["refId"] as? String }).count == targets.count, "\(title)")
                    for asked in [panel] + targets {
                        let source = asked["datasource"] as? [String: String] ?? [:]
                        #expect(sources[source["uid"] ?? ""] == source["type"], "\(title)")
                        guard asked["refId"] != nil else { continue }
                        let key = source["uid"] == "lectern-warehouse" ? "rawSql" : "expr"
                        #expect((asked[key] as? String)?.isEmpty == false, "\(title)")
                    }
                }
            }
        }

        @Test("panels lie within the grid and none on another")
        func grid() throws {
            for (name, dashboard) in try GrafanaFiles.dashboards() {
                var taken: [Int: String] = [:]
                for panel in GrafanaFiles.panels(dashboard) {
                    let place = try #require(panel["gridPos"] as? [String: Int])
                    let title = panel["title"] as? String ?? ""
                    let (x, y, w, h) = (place["x"]!, place["y"]!, place["w"]!, place["h"]!)
                    #expect(x >= 0 && w > 0 && x + w <= 24 && y >= 0 && h > 0, "\(name): \(title)")
                    for cell in (y..<y + h).flatMap({ row in (x..<x + w).map { row * 24 + $0 } }) {
                        #expect(taken[cell] == nil, "\(name): \(title) lies on \(taken[cell] ?? "")")
                        taken[cell] = title
                    }
                }
            }
        }

        @Test("the three alerts are there, with advice, and lead to panels that exist")
        func alerts() throws {
            let rules = try GrafanaFiles.rules()
            let advice = [
                "lectern-forgetting-risk": "Recommend review materials.",
                "lectern-event-lag": "Consumer is slow, add more instances.",
                "lectern-quiz-failure": "Content difficulty too high.",
            ]
            let limits = ["lectern-forgetting-risk": 0.5, "lectern-event-lag": 5, "lectern-quiz-failure": 0.4]
            #expect(Set(rules.compactMap { $0["uid"] as? String }) == Set(advice.keys))
            let sources = try dataSources()
            let dashboards = try GrafanaFiles.dashboards().values
            for rule in rules {
                let uid = try #require(rule["uid"] as? String)
                let annotations = rule["annotations"] as? [String: String] ?? [:]
                #expect(annotations["description"] == advice[uid], "\(uid)")
                let data = rule["data"] as? [[String: Any]] ?? []
                #expect(data.contains { $0["refId"] as? String == rule["condition"] as? String }, "\(uid)")
                for query in data {
                    let model = try #require(query["model"] as? [String: Any])
                    #expect(model["refId"] as? String == query["refId"] as? String, "\(uid)")
                    let source = query["datasourceUid"] as? String ?? ""
                    let given = model["datasource"] as? [String: String]
                    #expect(given?["uid"] == source, "\(uid)")
                    guard source == "__expr__" else {
                        #expect(sources[source] == given?["type"], "\(uid)")
                        continue
                    }
                    #expect(data.contains { $0["refId"] as? String == model["expression"] as? String }, "\(uid)")
                    let condition = (model["conditions"] as? [[String: Any]])?.first?["evaluator"] as? [String: Any]
                    #expect(condition?["type"] as? String == "gt", "\(uid)")
                    let limit = (condition?["params"] as? [Any])?.first
                    #expect((limit as? Double) ?? (limit as? Int).map(Double.init) == limits[uid], "\(uid)")
                }
                let dashboard = dashboards.first { $0["uid"] as? String == annotations["__dashboardUid__"] }
                let panel = annotations["__panelId__"].flatMap { Int($0) }
                #expect(GrafanaFiles.panels(dashboard ?? [:]).contains { $0["id"] as? Int == panel }, "\(uid)")
            }
        }

        @Test("files that are provisioned name only variables that the deployments set")
        func environment() throws {
            let compose = try String(contentsOfFile: "\(Installation.deploy)/docker-compose.yml", encoding: .utf8)
            let unit =
                try String(contentsOfFile: "\(Installation.deploy)/systemd/grafana.service", encoding: .utf8)
                + String(contentsOfFile: "\(Installation.deploy)/systemd/lectern.env.example", encoding: .utf8)
            for name in ["datasources", "dashboards", "alerting"] {
                let file = "\(GrafanaFiles.folder)/provisioning/\(name)/lectern.yml"
                let text = try lines(of: file).filter { !$0.hasPrefix("#") }.joined(separator: "\n")
                for match in text.replacing("$$", with: "").matches(of: /\$\{?([A-Za-z_]*)/) {
                    #expect(compose.contains("      \(match.1): "), "\(name): $\(match.1)")
                    #expect(unit.contains("\(match.1)="), "\(name): $\(match.1)")
                }
            }
        }
    }
}
