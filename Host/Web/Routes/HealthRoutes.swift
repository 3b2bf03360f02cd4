import HTTPTypes
import Hummingbird

/// What those ask who run the host: is it alive, is it ready, what are its figures.
struct HealthRoutes {
    let readiness: Readiness
    let metrics: MetricsRegistry

    func add(to router: Router<WebRequestContext>) {
        router.get("/livez") { _, _ in Response.text("ok\n") }
        router.get("/readyz") { request, _ in ready(isVerbose: request.uri.queryParameters["verbose"] != nil) }
        router.get("/metrics") { request, context in
            try context.require(.metrics)
            let format = MetricsFormat(accept: request.headers[.accept])
            return Response.text(await metrics.text(format), type: format.contentType)
        }
    }

    private func ready(isVerbose: Bool) -> Response {
        let report = readiness.report()
        let isReady = report.allSatisfy { $0.problem == nil }
        var text = ""
        for (name, problem) in report where isVerbose || problem != nil {
            text += problem.map { "[-] \(name): \($0)\n" } ?? "[+] \(name): ok\n"
        }
        for (name, problem) in isVerbose ? readiness.details() : [] {
            text += problem.map { "[!] \(name): \($0)\n" } ?? "[+] \(name): ok\n"
        }
        text += isReady ? "ready\n" : "not ready\n"
        return Response.text(text, status: isReady ? .ok : .serviceUnavailable)
    }
}
