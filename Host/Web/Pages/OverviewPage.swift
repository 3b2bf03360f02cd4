import PluginHost

/// The start page and the list of dashboards.
struct OverviewPage {
    let plugins: [PluginListing]
    /// Why plugins were not loaded.
    let refusals: [String]
    /// Those that the settings or operators keep off.
    let off: [PluginOff]
    /// What the host has done so far: a title and a number each.
    let figures: [(title: String, value: Int64)]
    /// How the processing of events goes.
    let processor: ProcessorReport
    /// The hosts that share the log; nil: nobody does.
    let cluster: ClusterReport?
    /// The host's own address, for the lines to copy.
    let address: String

    func overview() -> Page {
        Page(
            title: "Overview", place: .overview,
            content: """
                <header class="head"><div><h1>Overview</h1>
                <p class="lead">Events come in, plugins turn them into states, and what they mean stands here.</p>
                </div></header>
                \(ProcessingHTML(report: processor).alerts)
                \(numbers)
                \(refused)
                \(dashboards)
                \(loaded)
                \(keptOff)
                \(ClusterHTML(report: cluster).html)
                \(ProcessingHTML(report: processor).html)
                \(sending)
                """)
    }

    func list() -> Page {
        Page(
            title: "Dashboards", place: .dashboards,
            content:
                "<header class=\"head\"><div><h1>Dashboards</h1></div></header>\n\(dashboards)\n\(refused)\n\(keptOff)")
    }

    private var numbers: HTML {
        let panels = figures.map { figure -> HTML in
            """
            <section class="panel quarter" data-kind="number"><h2>\(figure.title)</h2>\
            <p class="figure">\(ValueFormat.text(figure.value))</p></section>

            """
        }
        return "<div class=\"panels\">\(panels)</div>"
    }

    private var dashboards: HTML {
        let cards = plugins.flatMap { plugin in plugin.dashboards.map { card(plugin, $0) } }
        if cards.isEmpty {
            return """
                <section class="empty"><h2>No dashboard yet</h2>
                <p>A plugin brings its dashboards with it. Put a built plugin (<code>.so</code>) into the folder that \
                <code>--plugins</code> names and restart the host; <code>lectern plugin list</code> says what was \
                loaded.</p>
                </section>
                """
        }
        return "<ul class=\"cards\" role=\"list\">\n\(cards)</ul>"
    }

    private func card(_ plugin: PluginListing, _ dashboard: DashboardDefinition) -> HTML {
        let view = DashboardView(plugin: plugin.id, dashboard: dashboard.id)
        return """
            <li class="card"><p class="crumb">\(plugin.id)</p>
            <h2><a href="\(Address.dashboard(view))">\(dashboard.title)</a></h2>
            <p>\(dashboard.description)</p>
            <p class="hint">\(dashboard.panels.count) panels</p></li>

            """
    }

    private var refused: HTML {
        if refusals.isEmpty { return "" }
        return """
            <section class="notice" aria-labelledby="refused"><h2 id="refused">Not loaded</h2>
            <ul>\(refusals.map { "<li>\(HTML.prose($0))</li>" as HTML })</ul></section>
            """
    }

    private var keptOff: HTML {
        if off.isEmpty { return "" }
        let rows = off.map { plugin -> HTML in
            "<tr><th scope=\"row\">\(plugin.id)</th><td>\(plugin.identity.version)</td><td>\(plugin.reason)</td></tr>"
        }
        return """
            <section class="panel full" aria-labelledby="off"><h2 id="off">Off</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="off">
            <table><thead><tr><th scope="col">Plugin</th><th scope="col">Version</th><th scope="col">Why</th></tr>\
            </thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private var loaded: HTML {
        if plugins.isEmpty { return "" }
        let rows = plugins.map { plugin -> HTML in
            """
            <tr><th scope="row">\(plugin.id)</th><td>\(plugin.version)</td><td>\(plugin.language)</td>\
            <td>\(plugin.trouble.map { "\($0.state == "off" ? "off" : "restarting"): \($0.reason)" } ?? plugin.placement)</td>\
            \(list(plugin.sources))\(list(plugin.reducers))\(list(plugin.tables))\(list(plugin.functions))</tr>
            """
        }
        return """
            <section class="panel full" aria-labelledby="plugins"><h2 id="plugins">Plugins</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="plugins">
            <table><thead><tr><th scope="col">Plugin</th><th scope="col">Version</th><th scope="col">Language</th>\
            <th scope="col">Runs</th><th scope="col">Sources</th><th scope="col">Reducers</th><th scope="col">Tables</th>\
            <th scope="col">Functions</th></tr></thead>
            <tbody>\(rows)</tbody></table></div></section>
            """
    }

    private func list(_ ids: [String]) -> HTML { "<td class=\"list\">\(ids.joined(separator: ", "))</td>" }

    private var sending: HTML {
        """
        <section class="panel full" aria-labelledby="sending"><h2 id="sending">Send an event</h2>
        <p class="about">One JSON object, an array or lines of them; a WebSocket at <code>/wsapi/in/</code> takes a \
        frame each.</p>
        <pre tabindex="0"><code>curl -X POST \(address)/api/v1/events \\
          -H 'Content-Type: application/json' \\
          -d '{"event_type": "module_quiz_completed", "student_id": "ada", "module": "intro", "score": 85}'</code></pre>
        <p class="about">A whole class: <code>lectern simulate --to \(address)</code></p></section>
        """
    }
}
