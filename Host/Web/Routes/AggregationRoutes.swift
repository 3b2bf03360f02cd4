import CRecords
import HTTPTypes
import Hummingbird
import PluginHost

/// `GET /processor/aggregation?aggregator=PLUGIN.COMPONENT&key=user:ada&from=&to=&limit=&after=`: what a reducer, or a table, has
/// of a key, as of the last checkpoint. `from` and `to` choose by when a window began: from then on, and before then.
struct AggregationRoutes {
    let plugins: @Sendable () -> PluginReport
    let states: any StateReading
    let tables: any TableReading

    func add(to router: Router<WebRequestContext>) {
        router.get("/processor/aggregation") { request, context in
            try context.require(.viewer)
            return try await answer(request)
        }
    }

    /// What was asked for, read.
    private struct Query {
        let aggregator: Aggregator
        let key: AggregationKey
        let windows: Range<Int64>?
        let page: PageRequest

        /// The parameters that the next page needs as well.
        let others: [String: String]

        init(_ request: Request, _ plugins: [PluginListing]) throws {
            aggregator = try Aggregator.find(request.query("aggregator"), in: plugins)
            key = try AggregationKey(request.query("key"))
            page = try PageRequest(request)
            let (from, to) = (try request.moment("from"), try request.moment("to"))
            if let from, let to, from > to {
                throw WebError(.badRequest, "wrong-time", "from lies behind to: expected it before.")
            }
            windows = from == nil && to == nil ? nil : (from ?? .min)..<(to ?? .max)
            var others: [String: String] = [:]
            for name in ["aggregator", "key", "from", "to"] { others[name] = request.query(name) }
            self.others = others
        }

        /// - Throws: `WebError` 400 if windows are asked for and there are none.
        func checkWindows(_ names: [String]) throws(WebError) {
            guard windows != nil, !names.contains(KeySelection.window) else { return }
            throw WebError(
                .badRequest, "no-windows",
                "\(aggregator.name) has no windows: from and to choose by the part \"\(KeySelection.window)\" of a key, and "
                    + "its key has \(names.isEmpty ? "none" : names.joined(separator: ", ")).")
        }
    }

    private func answer(_ request: Request) async throws -> Response {
        let listings = plugins().plugins
        let query = try Query(request, listings)
        switch query.aggregator.kind {
        case .reducer(let names): return try await states(query, names, request.uri.path)
        case .table:
            let trouble = listings.first { $0.id == query.aggregator.plugin }?.trouble
            return try await rows(query, trouble, request.uri.path)
        }
    }

    /// `{"aggregator", "kind", "aggregates": [{"key", "window", "value"}], "next"}`, with a `problem` beside a value that the
    /// plugin can't write.
    private func states(_ query: Query, _ names: [String], _ path: String) async throws -> Response {
        try query.checkWindows(names)
        let selection = KeySelection(
            parts: try query.key.named(by: names, of: query.aggregator), windows: query.windows)
        let found: [StateEntry]?
        do throws(PluginUnavailable) {
            // One more than is shown tells whether there is a next page.
            found = try await states.states(
                plugin: query.aggregator.plugin, reducer: query.aggregator.id, selection: selection,
                after: query.page.after, limit: query.page.limit + 1)
        } catch {
            throw WebError(.serviceUnavailable, "plugin-away", "\(error). Try again soon.")
        }
        guard let found else { throw WebError.notFound("\(query.aggregator.name) has just gone.") }
        let shown = found.prefix(query.page.limit)
        return response(
            query, "reducer", path, next: found.count > shown.count ? shown.last?.key : nil, shown
        ) { json, entry in
            json.member("key", entry.key)
            if let window = Self.window(of: entry.key) { json.member("window", window) }
            json.key("value")
            json.json(entry.json)
            if let problem = entry.problem { json.member("problem", problem) }
        }
    }

    private func rows(_ query: Query, _ trouble: PluginListing.Trouble?, _ path: String) async throws -> Response {
        let id = TableID(plugin: query.aggregator.plugin, table: query.aggregator.id)
        guard let snapshot = await tables.snapshot(of: id) else {
            let reason = trouble?.reason ?? "\(id) can't be read for the moment"
            throw WebError(.serviceUnavailable, "plugin-away", "\(reason). Try again soon.")
        }
        let names = snapshot.columns.map(\.name)
        try query.checkWindows(names)
        let parts = try query.key.named(by: names, of: query.aggregator)
        let tests = parts.map { (column: names.firstIndex(of: $0.key)!, value: $0.value) }
        let window = names.firstIndex(of: KeySelection.window)
        let rows = snapshot.rows.filter { row in
            tests.allSatisfy { row[$0.column].plainText == $0.value }
                && (query.windows.map { window.flatMap { row[$0].moment }.map($0.contains) ?? false } ?? true)
        }
        let page = TablePage(
            TableSnapshot(
                id: id, title: snapshot.title, columns: snapshot.columns, rows: rows, version: snapshot.version),
            query.page)
        return response(query, "table", path, next: page.next, page.rows) { json, row in
            if let window, case let cell = row[window], cell != .null {
                json.key("window")
                json.cell(cell)
            }
            json.key("value")
            json.object { json in
                for (column, cell) in zip(snapshot.columns, row) {
                    json.key(column.name)
                    json.cell(cell)
                }
            }
        }
    }

    private func response<Item>(
        _ query: Query, _ kind: String, _ path: String, next: String?, _ items: some Sequence<Item>,
        _ write: (inout JSONWriter, Item) -> Void
    ) -> Response {
        var json = JSONWriter()
        json.object { json in
            json.member("aggregator", query.aggregator.name)
            json.member("kind", kind)
            json.key("aggregates")
            json.array(items) { json, item in json.object { write(&$0, item) } }
            json.key("next")
            json.next(next, query.page, path: path, query.others)
        }
        return .json(json)
    }

    /// The start of the window that a key's text names.
    private static func window(of key: String) -> String? {
        let part = key.split(separator: ",").first { $0.hasPrefix("\(KeySelection.window):") }
        return part.map { $0.dropFirst(KeySelection.window.count + 1).replacing("%3A", with: ":") }
            .map(String.init)
    }
}

extension Cell {
    /// As a key's part is written; empty if there is nothing.
    fileprivate var plainText: String {
        switch self {
        case .null: ""
        case .text(let text): text
        case .boolean(let value): "\(value)"
        case .integer(let value), .time(let value): "\(value)"
        case .number(let value): "\(value)"
        }
    }

    /// Microseconds since 1970 UTC; nil if it is no time.
    fileprivate var moment: Int64? {
        switch self {
        case .time(let time): return time
        case .text(let text):
            var (time, precision) = (Int64(0), UInt8(0))
            return lectern_parse_timestamp(text, text.utf8.count, &time, &precision) == 1 ? time : nil
        case .null, .boolean, .integer, .number: return nil
        }
    }
}
