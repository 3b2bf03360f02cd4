import HTTPTypes
import Hummingbird
import PluginHost

/// Tables and plugins as JSON.
struct TableRoutes {
    let plugins: @Sendable () -> PluginReport
    let tables: any TableReading

    func add(to router: Router<WebRequestContext>) {
        router.get("/api/v1/tables/{plugin}/{table}") { request, context in
            try context.require(.viewer)
            return try await table(request, context)
        }
        router.get("/api/v1/plugins") { _, context in
            try context.require(.viewer)
            return Response.json(listing())
        }
    }

    /// `{"table", "title", "version", "columns", "rows": [{column: value}], "next"}`; `next` is the address of the next
    /// page, null on the last.
    private func table(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        let id = TableID(
            plugin: try context.parameters.require("plugin"), table: try context.parameters.require("table"))
        guard let snapshot = await tables.snapshot(of: id) else {
            if let trouble = plugins().plugins.first(where: { $0.id == id.plugin })?.trouble {
                throw WebError(.serviceUnavailable, "plugin-away", "\(trouble.reason). Try again soon.")
            }
            throw WebError.notFound("There is no table \(id).")
        }
        let page = try PageRequest(request)
        let rows = TablePage(snapshot, page)

        var json = JSONWriter()
        json.object { json in
            json.member("table", "\(id)")
            json.member("title", snapshot.title)
            json.member("version", snapshot.version)
            json.key("columns")
            json.array(snapshot.columns) { json, column in
                json.object { json in
                    json.member("name", column.name)
                    json.member("title", column.title)
                    json.member("type", column.type.rawValue)
                    json.member("key", column.isKey)
                }
            }
            json.key("rows")
            json.array(rows.rows) { json, row in
                json.object { json in
                    for (column, cell) in zip(snapshot.columns, row) {
                        json.key(column.name)
                        json.cell(cell)
                    }
                }
            }
            json.key("next")
            json.next(rows.next, page, path: request.uri.path)
        }
        return Response.json(json)
    }

    private func listing() -> JSONWriter {
        let report = plugins()
        var json = JSONWriter()
        json.object { json in
            json.key("plugins")
            json.array(report.plugins) { json, plugin in
                json.object { json in
                    json.member("id", plugin.id)
                    json.member("version", plugin.version)
                    json.member("language", plugin.language)
                    json.member("build", plugin.build)
                    json.member("placement", plugin.placement)
                    if let trouble = plugin.trouble {
                        json.key("trouble")
                        json.object { json in
                            json.member("state", trouble.state)
                            json.key("since")
                            json.time(trouble.since)
                            json.member("reason", trouble.reason)
                        }
                    }
                    for (name, ids) in [
                        ("sources", plugin.sources), ("reducers", plugin.reducers), ("tables", plugin.tables),
                        ("dashboards", plugin.dashboards.map(\.id)), ("functions", plugin.functions),
                    ] {
                        json.key(name)
                        json.array(ids) { $0.text($1) }
                    }
                }
            }
            json.key("off")
            json.array(report.off) { json, plugin in
                json.object { json in
                    json.member("id", plugin.id)
                    json.member("version", plugin.identity.version)
                    json.member("build", plugin.identity.build)
                    json.member("reason", plugin.reason)
                }
            }
            json.key("refused")
            json.array(report.refusals) { $0.text($1) }
        }
        return json
    }
}

/// A page of a table's rows.
struct TablePage {
    let rows: ArraySlice<[Cell]>
    /// Where the next page begins; nil on the last.
    let next: String?

    /// `after` is `OFFSET.KEY`: rows may have come and gone before it since, so the key decides where it still exists.
    init(_ snapshot: TableSnapshot, _ page: PageRequest) {
        let keys = TableRows(snapshot, [], [:])!
        var start = 0
        if let after = page.after, let dot = after.firstIndex(of: ".") {
            let key = after[after.index(after: dot)...]
            start = min(max(0, Int(after[..<dot]) ?? 0), snapshot.rows.count)
            let isThere = start > 0 && keys.key(of: snapshot.rows[start - 1]) == key
            if !isThere, let index = snapshot.rows.firstIndex(where: { keys.key(of: $0) == key }) { start = index + 1 }
        }
        let rows = snapshot.rows[start...].prefix(page.limit)
        next = rows.endIndex < snapshot.rows.count ? rows.last.map { "\(rows.endIndex).\(keys.key(of: $0))" } : nil
        self.rows = rows
    }
}

extension JSONWriter {
    mutating func cell(_ cell: Cell) {
        switch cell {
        case .null: null()
        case .text(let value): text(value)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .boolean(let value): boolean(value)
        case .time(let value): time(value)
        }
    }
}
