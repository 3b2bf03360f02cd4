import HTTPTypes
import Hummingbird
import Ingest
import NIOCore

/// Where events come in over HTTP.
struct EventRoutes {
    let service: IngestService

    /// What a proxy adds: then the address at the other end is not the sender's.
    static let proxyHeaders = ["forwarded", "x-forwarded-for", "x-real-ip"]

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
        try context.require(.publisher)
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: service.configuration.bodyBytes)
        } catch is NIOTooManyBytesError {
            let limit = service.configuration.bodyBytes
            throw WebError(.contentTooLarge, "too-large", "A body may have at most \(limit) bytes: send several.")
        }
        var events = EventRequest(peer: Self.peer(request, context), body: Array(body.readableBytesView))
        events.query = request.uri.query ?? ""
        events.idempotencyKey = request.headers[.idempotencyKey]
        events.contentType = request.headers[.contentType] ?? ""
        events.contentEncoding = request.headers[.contentEncoding] ?? ""
        events.published = published
        let answer = await service.answer(events)
        return .text(
            answer.body, type: "application/json; charset=utf-8", status: HTTPResponse.Status(code: answer.status))
    }

    private func refuse(_ request: Request, _ context: WebRequestContext) throws -> Response {
        try context.require(.publisher)
        _ = try service.connection(from: Self.peer(request, context), query: request.uri.query ?? "")
        throw WebError(
            .upgradeRequired, "no-websocket", "This address takes WebSockets only; POST events to /api/v1/events.")
    }

    private static func peer(_ request: Request, _ context: WebRequestContext) -> IngestPeer {
        IngestPeer(
            ip: context.peer, origin: request.headers[.origin] ?? "", agent: request.headers[.userAgent] ?? "",
            isForwarded: proxyHeaders.contains { request.headers[HTTPField.Name($0)!] != nil })
    }
}
