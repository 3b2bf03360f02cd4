/// Where events come in over HTTP.
struct EventRoutes {
    /// Requests to these paths bring events; other sites and extensions may be allowed to send them.
    static func isPublishing(path: String) -> Bool {
        path == "/wsapi/in" || path == "/wsapi/in/" || path == "/api/v1/events" || path.hasPrefix("/api/events/")
    }
}
