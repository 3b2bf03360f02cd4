package import Settings

/// Where alerts are sent: the section `alerts.webhook`.
///
///     webhook:
///       url: https://hooks.example.org/lectern       # or {env: NAME}, if the address is a secret
///       secret: {env: ALERTS_SECRET}
///       header: Authorization
package struct WebhookConfiguration: Sendable {
    /// `url`: https, or http to this machine. Never logged, since addresses may be secrets.
    package var url: Secret
    /// `secret`: what the header says; nil: there is none.
    package var secret: Secret?
    /// `header`: the name of the header with the secret.
    package var header = "X-Lectern-Secret"
    /// `timeout`: how long one attempt may take.
    package var timeout = Duration.seconds(10)
    /// `backoff`: the pause after the first attempt that failed; each further one is twice as long.
    package var backoff = Duration.seconds(1)
    /// `retry`: the longest pause.
    package var longestPause = Duration.seconds(300)
    /// `limit`: messages that wait to be sent, at most. With more, no alert begins or ends until there is room.
    package var limit = 10_000

    package init(url: Secret) { self.url = url }

    /// Reads the section; nil if there is none. Mistakes are noted in the reader.
    package init?(_ reader: SettingsReader) {
        guard !reader.keys.isEmpty else { return nil }
        self.init(url: Secret(""))
        if reader.hasText("url") {
            url = Secret(reader.string("url"))
        } else if let secret = reader.secret("url") {
            url = secret
        } else if !reader.has("url") {
            reader.problem("url", found: "nothing", expected: "an address, https://…")
        }
        if !url.value.isEmpty, !Self.isTaken(url.value) {
            reader.problem(
                "url", found: "another address (not shown)", expected: "https://…, or http:// to this machine",
                remedy: "Alerts may name students, and must not be read on their way.")
        }
        secret = reader.secret("secret")
        header = reader.string("header", default: header)
        if header.wholeMatch(of: /[A-Za-z0-9-]{1,64}/) == nil {
            reader.problem("header", found: "“\(header)”", expected: "the name of a header: letters, digits and -")
        }
        if secret?.value.contains(where: \.isNewline) == true {
            reader.problem("secret", found: "line breaks in it", expected: "one line")
        }
        timeout = reader.duration("timeout", default: timeout, in: .milliseconds(100) ... .seconds(300))
        backoff = reader.duration("backoff", default: backoff, in: .milliseconds(1) ... .seconds(3600))
        longestPause = reader.duration("retry", default: longestPause, in: .milliseconds(10) ... .seconds(86_400))
        limit = reader.integer("limit", default: limit, in: 1...1_000_000)
        reader.finish()
    }

    private static func isTaken(_ url: String) -> Bool {
        if url.wholeMatch(of: /https:\/\/[^\s\/]+.*/) != nil { return true }
        return url.wholeMatch(of: /http:\/\/(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?(\/\S*)?/) != nil
    }
}
