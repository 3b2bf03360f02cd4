import HTTPTypes
import Hummingbird

/// Notes what the requester may do.
struct AccessMiddleware: RouterMiddleware {
    let policy: AccessPolicy

    func handle(
        _ request: Request, context: WebRequestContext, next: (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let token = AccessPolicy.token(
            authorization: request.headers[.authorization], cookie: request.headers[.cookie],
            query: request.isPublishing ? request.query("token") : nil)
        context.hasToken = token != nil
        context.roles = policy.roles(token: token)
        return try await next(request, context)
    }
}
