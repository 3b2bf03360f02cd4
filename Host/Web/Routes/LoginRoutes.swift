import HTTPTypes
import Hummingbird
import HummingbirdCore

/// Browsers can't be told to send a token; they get it as a cookie.
struct LoginRoutes {
    let policy: AccessPolicy
    let assets: AssetFolder

    func add(to router: Router<WebRequestContext>) {
        router.get("/login") { request, _ in
            Response.page(page(next: request.query("next"), isWrong: false), assets)
        }
        router.post("/login") { request, _ in
            let body = try await request.body.collect(upTo: 16 << 10)
            let form = Self.fields(String(buffer: body))
            guard let token = form["token"], policy.tokens.roles(of: token.utf8).contains(where: { $0 != .publisher })
            else {
                return Response.page(page(next: form["next"], isWrong: true), assets, status: .forbidden)
            }
            var response = Response.redirect(to: Self.local(form["next"]))
            response.headers[.setCookie] =
                "\(AccessPolicy.cookieName)=\(token); Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000"
            return response
        }
        router.post("/logout") { _, _ in
            var response = Response.redirect(to: "/login")
            response.headers[.setCookie] = "\(AccessPolicy.cookieName)=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
            return response
        }
    }

    /// Never another site.
    static func local(_ address: String?) -> String {
        guard let address, address.hasPrefix("/"), !address.hasPrefix("//"), !address.hasPrefix("/\\") else {
            return "/"
        }
        return address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } ? address : "/"
    }

    /// A form as browsers send it.
    private static func fields(_ text: String) -> [String: String] {
        let pairs = URI("/?" + text.replacing("+", with: "%20")).queryParameters
        return Dictionary(pairs.map { (String($0.key), String($0.value)) }, uniquingKeysWith: { first, _ in first })
    }

    private func page(next: String?, isWrong: Bool) -> Page {
        Page(
            title: "Log in", place: .elsewhere,
            content: """
                <section class="empty"><h1>Log in</h1>
                <p>This host shows its pages to holders of a token. The operator finds the tokens in the file \
                <code>tokens</code> of the data folder.</p>
                <form class="login" method="post" action="/login">
                <input type="hidden" name="next" value="\(next ?? "/")">
                <label>Token <input type="password" name="token" required autofocus \
                autocomplete="current-password"></label>
                <button type="submit" class="apply">Log in</button>
                </form>
                \(HTML.when(isWrong, "<p role=\"alert\" class=\"wrong\">That token is not one of this host's.</p>"))
                </section>
                """)
    }
}
