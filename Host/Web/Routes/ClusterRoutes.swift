import Hummingbird

/// `GET /api/v1/cluster`: which hosts share the log, and who has which partitions. 404 where nobody shares it.
///
///     {"group", "host", "hosts": [{"id", "address", "seen", "partitions": [0, 3], "lag": {"messages", "seconds"},
///      "builds": {"PLUGIN": "SHA-256"}, "problem"}], "unowned": [5]}
struct ClusterRoutes {
    let report: @Sendable () -> ClusterReport?

    func add(to router: Router<WebRequestContext>) {
        router.get("/api/v1/cluster") { _, context in
            try context.require(.viewer)
            guard let report = report() else {
                throw WebError.notFound("This host shares its log with nobody: log.kafka.group is not set.")
            }
            return Response.json(Self.json(report))
        }
    }

    private static func json(_ report: ClusterReport) -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.member("group", report.group)
            json.member("host", report.host)
            json.key("hosts")
            json.array(report.hosts) { json, host in
                json.object { json in
                    json.member("id", host.id)
                    json.member("address", host.address)
                    json.key("seen")
                    json.time(host.seen)
                    json.key("partitions")
                    json.array(host.partitions) { $0.integer($1) }
                    json.key("lag")
                    json.object { json in
                        json.member("messages", host.lag.messages)
                        json.key("seconds")
                        json.number(host.lag.seconds)
                    }
                    json.key("builds")
                    json.object { json in
                        for (plugin, build) in host.builds.sorted(by: { $0.key < $1.key }) {
                            json.member(plugin, build)
                        }
                    }
                    json.key("problem")
                    if let problem = host.problem { json.text(problem) } else { json.null() }
                }
            }
            json.key("unowned")
            json.array(report.unowned) { $0.integer($1) }
        }
        return json
    }
}
