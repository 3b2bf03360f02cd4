import HTTPTypes
import Hummingbird
import Logging

/// Answers only who may talk to this host, makes answers of errors, and says what browsers may do with any answer.
struct GuardMiddleware: RouterMiddleware {
    let hostGuard: HostGuard
    let assets: AssetFolder

    func handle(
        _ request: Request, context: WebRequestContext, next: (Request, WebRequestContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            if let refusal = hostGuard.refusal(of: claims(request), isPublishing: request.isPublishing) {
                throw refusal
            }
            response = try await next(request, context)
        } catch {
            response = answer(error, request, context)
        }
        for field in Self.headers { response.headers[field.name] = field.value }
        return response
    }

    private func claims(_ request: Request) -> HostGuard.Claims {
        HostGuard.Claims(
            host: request.head.authority, origin: request.headers[.origin],
            fetchSite: request.headers[.fetchSite], fetchMode: request.headers[.fetchMode])
    }

    private func answer(_ error: any Error, _ request: Request, _ context: WebRequestContext) -> Response {
        let told = WebError(error)
        if told.status == .internalServerError {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
        }
        if request.wantsPage {
            if told.status == .unauthorized {
                return .redirect(to: "/login" + Address.query(["next": request.uri.description]))
            }
            return .page(told.page, assets, status: told.status)
        }
        var response = Response.json(told.json, status: told.status)
        if told.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
        if let seconds = told.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
        return response
    }

    /// No script, style, font, frame or connection from anywhere else, and none within the page.
    private static let headers: HTTPFields = [
        .contentSecurityPolicy: """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """,
        .contentTypeOptions: "nosniff",
        .referrerPolicy: "same-origin",
        .resourcePolicy: "same-origin",
        .openerPolicy: "same-origin",
    ]
}

extension Request {
    /// The request brings events.
    var isPublishing: Bool { EventRoutes.isPublishing(path: uri.path) }
}
