import HTTPTypes
import Hummingbird
import PluginHost
import ServiceLifecycle
import Synchronization

/// A dashboard's page and its stream.
struct DashboardRoutes {
    let plugins: @Sendable () -> PluginReport
    let hub: DashboardHub
    let assets: AssetFolder
    let streams: StreamLimit

    func add(to router: Router<WebRequestContext>) {
        router.get("/dashboards/{plugin}/{dashboard}") { request, context in
            try context.require(.viewer)
            let feed = try await feed(request, context)
            let page = DashboardPage(
                feed: feed, trouble: listing(feed.view.plugin)?.trouble, charts: assets.address("chart.js"),
                address: request.ownAddress)
            return Response.page(page.page(), assets)
        }
        router.get("/dashboards/{plugin}/{dashboard}/stream") { request, context in
            try context.require(.viewer)
            let plugin = try context.parameters.require("plugin")
            return try stream(try await feed(request, context), request) { listing(plugin) }
        }
    }

    private func listing(_ plugin: String) -> PluginListing? { plugins().plugins.first { $0.id == plugin } }

    private func feed(_ request: Request, _ context: WebRequestContext) async throws -> DashboardFeed {
        let plugin = try context.parameters.require("plugin")
        let dashboard = try context.parameters.require("dashboard")
        let report = plugins()
        guard let listing = report.plugins.first(where: { $0.id == plugin }) else {
            if let off = report.off.first(where: { $0.id == plugin }) {
                throw WebError(
                    .notFound, "plugin-off",
                    "This dashboard is the plugin's \(plugin), which is off: \(off.reason). What it has counted is kept.",
                    title: "\(plugin) is off")
            }
            throw WebError.notFound("No plugin \"\(plugin)\" is loaded.")
        }
        guard let definition = listing.dashboards.first(where: { $0.id == dashboard }) else {
            let known = listing.dashboards.map(\.id).joined(separator: ", ")
            throw WebError.notFound("Plugin \"\(plugin)\" has no dashboard \"\(dashboard)\"; it has: \(known).")
        }
        let chosen = definition.filters.compactMap { filter in request.query(filter.column).map { (filter.column, $0) }
        }
        let view = DashboardView(
            plugin: plugin, dashboard: dashboard,
            selection: Dictionary(chosen, uniquingKeysWith: { first, _ in first }))
        guard let feed = await hub.feed(definition, view) else {
            throw WebError(.serviceUnavailable, "busy", "Too many dashboards are being watched; try again later.")
        }
        return feed
    }

    /// A snapshot or what the reader has missed, then every change; ends with the host or the reader. Browsers come
    /// back by themselves and name the last event that they have. When the plugin is no longer there, a last event says
    /// so: the page's own address then tells why.
    private func stream(
        _ feed: DashboardFeed, _ request: Request, listing: @escaping @Sendable () -> PluginListing?
    ) throws -> Response {
        let place = try streams.take()
        let last = request.headers[.lastEventID] ?? request.query("last-event-id")
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"],
            body: ResponseBody { writer in
                defer { place.leave() }
                var seen = last.flatMap { StreamPosition($0) }
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    let wakes = feed.wakes()
                    await feed.refresh()
                    try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                    if let event = feed.event(after: seen) {
                        try await writer.write(ByteBuffer(bytes: event.bytes))
                        seen = event.position
                    }
                    var trouble = listing()?.trouble
                    if trouble != nil { try await writer.write(ByteBuffer(bytes: StreamEvent.trouble(trouble))) }
                    for await _ in wakes.cancelOnGracefulShutdown() {
                        guard let listing = listing() else {
                            try await writer.write(ByteBuffer(bytes: StreamEvent.gone()))
                            break
                        }
                        if listing.trouble != trouble {
                            trouble = listing.trouble
                            try await writer.write(ByteBuffer(bytes: StreamEvent.trouble(trouble)))
                        }
                        if let event = feed.event(after: seen) {
                            try await writer.write(ByteBuffer(bytes: event.bytes))
                            seen = event.position
                        } else {
                            try await writer.write(ByteBuffer(bytes: StreamEvent.beat()))
                        }
                    }
                }
                try await writer.finish(nil)
            })
    }
}

/// How many streams may be open. Thread-safe.
final class StreamLimit: Sendable {
    private let limit: Int
    private let open = Atomic<Int>(0)

    init(_ limit: Int) { self.limit = limit }

    var count: Int { open.load(ordering: .relaxed) }

    /// A place; it is free again when its holder leaves or drops it.
    ///
    /// - Throws: `WebError` 503.
    func take() throws -> Place {
        if open.wrappingAdd(1, ordering: .relaxed).newValue > limit {
            open.wrappingSubtract(1, ordering: .relaxed)
            throw WebError(.serviceUnavailable, "busy", "Too many dashboards are being watched; try again later.")
        }
        return Place(self)
    }

    final class Place: Sendable {
        private let limit: StreamLimit
        private let isTaken = Atomic<Bool>(true)

        fileprivate init(_ limit: StreamLimit) { self.limit = limit }

        deinit { leave() }

        func leave() {
            if isTaken.exchange(false, ordering: .relaxed) { limit.open.wrappingSubtract(1, ordering: .relaxed) }
        }
    }
}
