package import HTTPTypes
import Hummingbird
import Ingest

/// What a client is told when a request fails: `{"error": {"code", "message"}}`, or a page.
package struct WebError: Error, Equatable {
    package var status: HTTPResponse.Status
    /// For programs; never changes.
    package var code: String
    /// For people; says what to do where that is known.
    package var message: String
    /// Of its page; nil: the status's name.
    package var title: String?
    /// After how many seconds it is worth trying again.
    package var retryAfter: Int?

    package init(_ status: HTTPResponse.Status, _ code: String, _ message: String, title: String? = nil) {
        self.title = title
        self.status = status
        self.code = code
        self.message = message
    }

    static func notFound(_ what: String) -> WebError { WebError(.notFound, "not-found", what) }

    /// What any error means to a client. Nothing of the inside is told.
    init(_ error: any Error) {
        switch error {
        case let error as WebError:
            self = error
        case let error as IngestRefusal:
            self.init(HTTPResponse.Status(code: error.status), "refused", error.reason)
            retryAfter = error.retryAfter
        case let error as HTTPError where error.status.code == 413:
            self.init(.contentTooLarge, "too-large", "The body is too large.")
        case let error as any HTTPResponseError:
            self.init(error.status, "http-\(error.status.code)", error.status.reasonPhrase)
        default:
            self.init(.internalServerError, "internal", "Something went wrong here; the host's log says what.")
        }
    }

    var json: JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.key("error")
            json.object { json in
                json.member("code", code)
                json.member("message", message)
            }
        }
        return json
    }

    var page: Page {
        Page(
            title: title ?? status.reasonPhrase, place: .elsewhere,
            content: """
                <section class="empty"><h1>\(title ?? status.reasonPhrase)</h1><p>\(message)</p>
                <p><a href="/dashboards">All dashboards</a></p></section>
                """)
    }
}
