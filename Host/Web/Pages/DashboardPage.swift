import PluginHost

/// A dashboard with its data; it works without scripts, which only draw the charts and keep it live.
struct DashboardPage {
    let feed: DashboardFeed
    /// What keeps the plugin from folding; nil if nothing does.
    let trouble: PluginListing.Trouble?
    /// The address of Chart.js.
    let charts: String
    /// The host's own address, as its viewer knows it.
    let address: String

    func page() -> Page {
        let definition = feed.definition
        let (data, _, asOf) = feed.snapshot()
        let panels = zip(definition.panels, data.panels).enumerated().map { index, pair in
            PanelHTML(index: index, definition: pair.0, data: pair.1).html
        }
        return Page(
            title: definition.title,
            place: .dashboards,
            status: status(asOf),
            content: """
                <div class="dashboard" data-stream="\(Address.stream(feed.view))" data-layout="\(feed.layout)" \
                data-charts="\(charts)" data-empty="\(data.isEmpty ? "yes" : "no")">
                <header class="head">
                <div>
                <p class="crumb">\(feed.view.plugin)</p>
                <h1>\(definition.title)</h1>
                \(HTML.when(!definition.description.isEmpty, "<p class=\"lead\">\(definition.description)</p>"))
                </div>
                \(filters(data.choices))
                </header>
                \(notice)
                <p class="visually-hidden" role="status" aria-live="polite" id="news"></p>
                \(empty(definition))
                <div class="panels">
                \(panels)
                </div>
                <p class="foot">Times are UTC. Every chart has its numbers in a table beneath it.</p>
                </div>
                """,
            scripts: ["dashboard.js"])
    }

    /// Why the numbers stand still. Always there, so that a page that is open can show it.
    private var notice: HTML {
        """
        <section class="trouble" id="trouble" aria-labelledby="trouble-title"\(trouble == nil ? " hidden" : "" as HTML)>
        <h2 id="trouble-title">\(trouble?.state == "off" ? "This plugin is off" : "This plugin is being restarted")</h2>
        <p>These are its last numbers, as of <time>\(trouble.map { "\(TimeText.text($0.since)) UTC" } ?? "")</time>. \
        New events are kept, and will be counted.</p>
        <p class="why">\(trouble?.reason ?? "")</p>
        </section>
        """
    }

    private func status(_ asOf: Int64) -> HTML {
        """
        <p class="live" data-state="still"><span class="live-shape" aria-hidden="true"></span>\
        <span class="live-word">As of</span> <time class="live-time" data-ms="\(asOf / 1000)">\
        \(TimeText.text(asOf)) UTC</time></p>
        """
    }

    private func empty(_ definition: DashboardDefinition) -> HTML {
        """
        <section class="empty" aria-labelledby="empty-title">
        <svg viewBox="0 0 48 48" aria-hidden="true"><path d="M8 34V22M18 34V14M28 34v-8M38 34V18"/>\
        <path class="base" d="M4 40h40"/></svg>
        <h2 id="empty-title">Nothing to show yet</h2>
        <p>\(HTML.prose(definition.empty.replacing("{host}", with: address)))</p>
        <p class="hint">This page fills itself as soon as events arrive.</p>
        </section>
        """
    }

    private func filters(_ choices: [[String]]) -> HTML {
        if feed.definition.filters.isEmpty { return "" }
        let fields = zip(feed.definition.filters, choices).map { filter, choices in
            field(filter, choices)
        }
        return """
            <form class="filters" method="get" aria-label="What to show">
            \(fields)
            <button type="submit" class="apply">Show</button>
            </form>
            """
    }

    private func field(_ filter: DashboardFilter, _ choices: [String]) -> HTML {
        let chosen = feed.view.selection[filter.column] ?? ""
        // A choice without rows stays in the list: otherwise the page would claim that nothing is chosen.
        // The empty text stands for all.
        let all = (chosen.isEmpty || choices.contains(chosen) ? choices : choices + [chosen]).filter { !$0.isEmpty }
        let options = all.map { choice -> HTML in
            "<option value=\"\(choice)\"\(choice == chosen ? " selected" : "" as HTML)>\(choice)</option>"
        }
        return """
            <label>\(filter.title) <select name="\(filter.column)"><option value="">All</option>\(options)</select>\
            </label>
            """
    }
}
