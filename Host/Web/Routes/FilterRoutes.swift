import Hummingbird

/// The filter rules that hold, and what they did since the start.
package struct FilterReport: Sendable {
    /// One rule. The figures are events.
    package struct Rule: Sendable {
        package let name: String
        package let action: String
        /// Empty: all.
        package let types: [String]
        package let matched: UInt64
        package let blocked: UInt64
        package let unknown: UInt64
        package let errors: UInt64

        package init(
            name: String, action: String, types: [String], matched: UInt64, blocked: UInt64, unknown: UInt64,
            errors: UInt64
        ) {
            self.name = name
            self.action = action
            self.types = types
            self.matched = matched
            self.blocked = blocked
            self.unknown = unknown
            self.errors = errors
        }
    }

    package let mode: String
    package let rules: [Rule]

    package init(mode: String, rules: [Rule]) {
        self.mode = mode
        self.rules = rules
    }
}

/// `GET /processor/filters`: `{"mode", "rules": [{"name", "action", "events", "matched", "blocked", "unknown", "errors"}]}`, the
/// rules in the order in which they are asked.
struct FilterRoutes {
    let report: @Sendable () -> FilterReport

    func add(to router: Router<WebRequestContext>) {
        router.get("/processor/filters") { _, context in
            try context.require(.viewer)
            let report = report()
            var json = JSONWriter()
            json.object { json in
                json.member("mode", report.mode)
                json.key("rules")
                json.array(report.rules) { json, rule in
                    json.object { json in
                        json.member("name", rule.name)
                        json.member("action", rule.action)
                        json.key("events")
                        json.array(rule.types) { $0.text($1) }
                        json.member("matched", rule.matched)
                        json.member("blocked", rule.blocked)
                        json.member("unknown", rule.unknown)
                        json.member("errors", rule.errors)
                    }
                }
            }
            return Response.json(json)
        }
    }
}

extension MetricsRegistry {
    /// Adds what filter rules did. A rule's name is the operator's, and says nothing of students.
    package func addFilters(_ report: @escaping @Sendable () -> FilterReport) {
        func add(_ name: String, _ help: String, _ value: @escaping @Sendable (FilterReport.Rule) -> UInt64) {
            self.add(.counter, name, help) {
                report().rules.map { Sample(Double(value($0)), labels: [("rule", $0.name), ("action", $0.action)]) }
            }
        }
        add("lectern_filter_matches_total", "Events that a filter rule matched, since the start.") { $0.matched }
        add("lectern_filter_blocked_total", "Events that a filter rule kept from plugins.") { $0.blocked }
        add("lectern_filter_unknown_total", "Events of which a filter rule's condition is neither true nor false.") {
            $0.unknown
        }
        add("lectern_filter_errors_total", "Events that a filter rule could not be asked about.") { $0.errors }
    }
}
