import HTTPTypes
import Hummingbird

/// How the processing of events goes: `GET /processor/status` as JSON, `GET /metrics/processor` as figures.
struct ProcessorRoutes {
    let report: @Sendable () -> ProcessorReport
    let plugins: @Sendable () -> PluginReport
    let readiness: Readiness

    func add(to router: Router<WebRequestContext>) {
        router.get("/processor/status") { _, context in
            try context.require(.viewer)
            return Response.json(status())
        }
        router.get("/metrics/processor") { request, context in
            try context.require(.metrics)
            let format = MetricsFormat(accept: request.headers[.accept])
            // All figures of one answer are of one report.
            let (report, metrics) = (report(), MetricsRegistry())
            metrics.add(processor: { report })
            return Response.text(await metrics.text(format), type: format.contentType)
        }
    }

    private func status() -> JSONWriter {
        let report = report()
        let checks = readiness.report()
        let troubles = plugins().plugins.filter { $0.trouble != nil }
        let isWell =
            troubles.isEmpty && checks.allSatisfy { $0.problem == nil }
            && report.stores.allSatisfy { $0.problem == nil } && report.outputs.allSatisfy { $0.state == .publishing }
        var json = JSONWriter()
        json.object { json in
            json.member("status", report.failure != nil ? "stopped" : isWell ? "running" : "degraded")
            json.member("problem", optional: report.failure)
            json.member("enabled", report.isEnabled)
            json.key("queue")
            json.object { json in
                json.member("depth", report.workers.map(\.lag.records).max() ?? 0)
                json.key("seconds")
                json.number(report.workers.map(\.lag.seconds).max() ?? 0)
            }
            json.key("workers")
            json.array(report.workers) { $0.worker($1) }
            json.key("plugins")
            json.array(troubles) { $0.trouble($1) }
            json.key("stores")
            json.array(report.stores) { json, store in
                json.object { json in
                    json.member("name", store.name)
                    json.member("type", store.type)
                    json.member("connected", store.problem == nil)
                    json.member("problem", optional: store.problem)
                }
            }
            json.key("outputs")
            json.array(report.outputs) { $0.output($1) }
            json.key("checks")
            json.array(checks) { json, check in
                json.object { json in
                    json.member("name", check.name)
                    json.member("problem", optional: check.problem)
                }
            }
            json.key("alerts")
            json.array(report.alerts) { $0.alert($1) }
            json.key("events")
            json.object { json in
                json.member("processed", report.processed)
                json.member("filtered", report.filtered)
                json.member("duplicates", report.naturalDuplicates)
                json.member("conflicts", report.syntheticDuplicates)
                if let enrichment = report.enrichment {
                    json.key("enriched")
                    json.object { json in
                        for (id, count) in enrichment.events.sorted(by: { $0.key < $1.key }) { json.member(id, count) }
                    }
                }
            }
            json.key("marks")
            json.object { json in
                json.member("memory", report.marks.memory)
                json.member("file", report.marks.file)
            }
            if let memory = report.memory {
                json.key("memory")
                json.object { json in
                    json.member("used", memory.used)
                    json.member("limit", memory.limit)
                }
            }
        }
        return json
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, optional text: String?) {
        key(name)
        if let text { self.text(text) } else { null() }
    }

    fileprivate mutating func worker(_ worker: ProcessorReport.Worker) {
        object { json in
            json.member("name", worker.name)
            json.key("process")
            if let process = worker.process { json.integer(process) } else { json.null() }
            json.key("plugins")
            json.array(worker.plugins) { $0.text($1) }
            json.key("shards")
            json.array(worker.shares) { json, share in
                json.object { json in
                    json.key("utilization_percent")
                    json.number((share * 1000).rounded() / 10)
                }
            }
            json.lag(worker.lag)
        }
    }

    fileprivate mutating func trouble(_ plugin: PluginListing) {
        object { json in
            json.member("id", plugin.id)
            json.member("state", plugin.trouble?.state ?? "")
            json.member("problem", optional: plugin.trouble?.reason)
        }
    }

    fileprivate mutating func output(_ output: ProcessorReport.Output) {
        object { json in
            json.member("name", output.name)
            json.member("type", output.type)
            json.member("state", output.state.rawValue)
            json.member("published", output.published)
            json.lag(output.lag)
            json.member("problem", optional: output.problem)
        }
    }

    fileprivate mutating func alert(_ alert: ProcessorReport.Alert) {
        object { json in
            json.member("id", alert.id)
            json.member("rule", alert.rule)
            json.member("key", alert.key)
            json.member("value", alert.value)
            json.key("since")
            json.time(alert.since)
        }
    }

    private mutating func lag(_ lag: ProcessorReport.Lag) {
        member("lag_messages", lag.records)
        key("lag_seconds")
        number(lag.seconds)
    }
}
