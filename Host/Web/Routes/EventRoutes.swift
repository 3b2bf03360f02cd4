import HTTPTypes
import Hummingbird
import Ingest
import NIOCore

/// Where events come in over HTTP.
struct EventRoutes {
    let service: IngestService
    let access: PublisherAccess

    static func isSocket(path: String) -> Bool { path == "/wsapi/in" || path == "/wsapi/in/" }

    /// Requests to these paths bring events; other sites and extensions may be allowed to send them.
    static func isPublishing(path: String) -> Bool {
        isSocket(path: path) || path == "/api/v1/events" || path.hasPrefix("/api/events/")
    }

    func add(to router: Router<WebRequestContext>) {
        router.post("/api/v1/events") { request, context in
            try await take(request, context, published: nil)
        }
        router.post("/api/events/{kind}") { request, context in
            let kind = try context.parameters.require("kind")
            guard let published = PublishedEvent(rawValue: kind) else {
                let known = PublishedEvent.allCases.map(\.rawValue).joined(separator: ", ")
                throw WebError.notFound("There is no event \"\(kind)\" to publish here; there are: \(known).")
            }
            return try await take(request, context, published: published)
        }
        // Only what did not become a WebSocket comes here.
        router.get("/wsapi/in") { request, context in try refuse(request, context) }
    }

    private func take(
        _ request: Request, _ context: WebRequestContext, published: PublishedEvent?
    ) async throws -> Response {
        let shown = try shown(request, context)
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: service.configuration.bodyBytes)
        } catch is NIOTooManyBytesError {
            let limit = service.configuration.bodyBytes
            throw WebError(.contentTooLarge, "too-large", "A body may have at most \(limit) bytes: send several.")
        }
        var events = EventRequest(peer: shown.peer, body: Array(body.readableBytesView))
        events.credentials = shown.credentials
        events.query = request.uri.query ?? ""
        events.idempotencyKey = request.headers[.idempotencyKey]
        events.contentType = request.headers[.contentType] ?? ""
        events.contentEncoding = request.headers[.contentEncoding] ?? ""
        events.published = published
        let answer = await service.answer(events)
        var response = Response.text(
            answer.body, type: "application/json; charset=utf-8", status: HTTPResponse.Status(code: answer.status))
        if let seconds = answer.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        if answer.status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        return response
    }

    private func refuse(_ request: Request, _ context: WebRequestContext) throws -> Response {
        let shown = try shown(request, context)
        _ = try service.connection(from: shown.peer, query: request.uri.query ?? "", credentials: shown.credentials)
        throw WebError(
            .upgradeRequired, "no-websocket", "This address takes WebSockets only; POST events to /api/v1/events.")
    }

    private func shown(_ request: Request, _ context: WebRequestContext) throws(WebError) -> PublisherAccess.Shown {
        try access.check(remote: context.peer, token: request.query("token")) { name in
            HTTPField.Name(name).map { request.headers[values: $0] } ?? []
        }
    }
}
