import EventLog
import HTTPTypes
import Hummingbird
import NIOPosix
import Records

/// The events of the log, for operators: `GET /api/v1/events?actor=&type=&session=&from=&to=&limit=&after=`.
struct RecordRoutes {
    let log: EventLog

    /// What is read for one page, in bytes: a page may be short, or empty, and still have a next one.
    private static let slice = 64 << 20

    func add(to router: Router<WebRequestContext>) {
        router.get("/api/v1/events") { request, context in
            try context.require(.operator)
            return try await page(request)
        }
    }

    private struct Page {
        var events: [String] = []
        var next: String?
    }

    /// `{"events": […], "next"}`, each event as `lectern log cat` prints it.
    private func page(_ request: Request) async throws -> Response {
        let page = try PageRequest(request)
        let query = try query(request)
        let log = log
        // Reads files.
        let found = try await NIOThreadPool.singleton.runIfActive {
            do {
                return try Self.read(log, query, from: page.after, limit: page.limit)
            } catch let error as LogError where page.after != nil && [.corrupt, .outOfRange].contains(error.code) {
                throw WebError(.badRequest, "wrong-after", "after=\(page.after ?? ""): not where an event begins.")
            }
        }
        var json = JSONWriter()
        json.object { json in
            json.key("events")
            json.array(found.events) { json, event in json.json(event) }
            json.key("next")
            var others: [String: String] = [:]
            for name in ["actor", "type", "session", "from", "to"] { others[name] = request.query(name) }
            json.next(found.next, page, path: request.uri.path, others)
        }
        return .json(json)
    }

    private static func read(
        _ log: EventLog, _ query: RecordQuery, from place: String?, limit: Int
    ) throws -> Page {
        var page = Page()
        var left = slice
        try log.scan(from: place) { record, place in
            guard page.events.count < limit, left > 0 else {
                page.next = place()
                return false
            }
            left -= record.bytes.count
            if record.kind == .event, query.matches(record) { page.events.append(RecordJSON.line(record)) }
            return true
        }
        return page
    }

    private func query(_ request: Request) throws -> RecordQuery {
        var query = RecordQuery(
            actors: request.query("actor").map { [$0] } ?? [], types: request.query("type").map { [$0] } ?? [])
        if let text = request.query("session") {
            guard let session = UInt32(text) else {
                throw WebError(.badRequest, "wrong-session", "session=\(text): expected a session's number.")
            }
            query.sessions = [session]
        }
        query.from = try request.moment("from") ?? .min
        query.to = try request.moment("to") ?? .max
        return query
    }
}
