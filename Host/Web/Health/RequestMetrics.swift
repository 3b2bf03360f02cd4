import HTTPTypes
import Hummingbird

/// Counts requests and measures how long they take, by route, method and status: see `MetricsMiddleware`.
///
/// Requests of methods that HTTP does not know are left out, since each would be a series of its own for as long as the host
/// runs.
struct RequestMetrics: RouterMiddleware {
    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .delete, .options, .patch]
    private let counting = MetricsMiddleware<WebRequestContext>()

    func handle(
        _ request: Request, context: WebRequestContext, next: (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        guard Self.methods.contains(request.method) else { return try await next(request, context) }
        return try await counting.handle(request, context: context, next: next)
    }
}
