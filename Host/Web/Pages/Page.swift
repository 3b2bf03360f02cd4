/// The frame of every page.
struct Page {
    var title: String
    /// Which entry of the navigation is this page's.
    var place: Place
    /// Stands at the right of the header.
    var status: HTML = ""
    var content: HTML
    /// Modules of the assets folder that the page runs.
    var scripts: [String] = []

    enum Place {
        case overview, dashboards, elsewhere
    }

    /// Each is about one thing, and may overrule those before it.
    private static let styles = ["base.css", "style.css", "cards.css", "panels.css", "charts.css", "roster.css"]

    /// `asset` gives the address of an asset by its name.
    func render(asset: (String) -> String) -> HTML {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) · Lectern</title>
        <link rel="icon" href="\(asset("icon.svg"))" type="image/svg+xml">
        \(Self.styles.map { "<link rel=\"stylesheet\" href=\"\(asset($0))\">\n" as HTML })\
        <script src="\(asset("theme.js"))"></script>
        \(scripts.map { "<script type=\"module\" src=\"\(asset($0))\"></script>\n" as HTML })\
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
        <a class="brand" href="/"><svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path \
        d="M4 5h16l-2.6 7.2H6.6zM11 12.2h2V18h-2zM7.5 18h9v2h-9z"/></svg>Lectern</a>
        <nav aria-label="Pages">\(entry("/", "Overview", .overview))\
        \(entry("/dashboards", "Dashboards", .dashboards))</nav>
        <div class="bar-end">\(status)<button type="button" class="theme" hidden \
        aria-label="Dark colours" aria-pressed="false"><svg viewBox="0 0 24 24" aria-hidden="true"><path \
        d="M12 3a9 9 0 1 0 0 18V3z"/><circle cx="12" cy="12" r="8.2"/></svg></button></div>
        </header>
        <main id="main" tabindex="-1">
        \(content)
        </main>
        </body>
        </html>

        """
    }

    private func entry(_ address: String, _ title: String, _ place: Place) -> HTML {
        place == self.place
            ? "<a href=\"\(address)\" aria-current=\"page\">\(title)</a>" : "<a href=\"\(address)\">\(title)</a>"
    }
}
