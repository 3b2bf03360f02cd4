import HTTPTypes
import Hummingbird
import PluginHost

/// States as JSON: `GET /api/v1/states/{plugin}/{reducer}?limit=&after=&actor=ada`. A parameter with the name of a part
/// of the key chooses the states whose part it is.
struct StateRoutes {
    let states: any StateReading

    private static let ownParameters: Set<Substring> = ["limit", "after"]

    func add(to router: Router<WebRequestContext>) {
        router.get("/api/v1/states/{plugin}/{reducer}") { request, context in
            try context.require(.viewer)
            return try await page(request, context)
        }
    }

    /// `{"states": [{"key", "state"}], "next"}`, with a `problem` beside a state that its plugin can't write; `next` is
    /// the address of the next page, null on the last.
    private func page(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let plugin = try context.parameters.require("plugin")
        let reducer = try context.parameters.require("reducer")
        let page = try PageRequest(request)
        var parts: [String: String] = [:]
        for (name, value) in request.uri.queryParameters where !Self.ownParameters.contains(name) {
            parts[String(name)] = String(value)
        }
        // One more than is shown tells whether there is a next page.
        let found: [StateEntry]?
        do throws(PluginUnavailable) {
            found = try await states.states(
                plugin: plugin, reducer: reducer, selection: KeySelection(parts: parts), after: page.after,
                limit: page.limit + 1)
        } catch {
            throw WebError(.serviceUnavailable, "plugin-away", "\(error). Try again soon.")
        }
        guard let found else { throw WebError.notFound("Plugin \"\(plugin)\" has no reducer \"\(reducer)\".") }

        let shown = found.prefix(page.limit)
        var json = JSONWriter()
        json.object { json in
            json.key("states")
            json.array(shown) { json, entry in
                json.object { json in
                    json.member("key", entry.key)
                    json.key("state")
                    json.json(entry.json)
                    if let problem = entry.problem { json.member("problem", problem) }
                }
            }
            json.key("next")
            json.next(found.count > shown.count ? shown.last?.key : nil, page, path: request.uri.path, parts)
        }
        return .json(json)
    }
}
