/// A dashboard, declared as data: panels over the plugin's tables. The host computes and renders it.
public struct Dashboard {
    let id: String
    let title: String
    let description: String
    let empty: String
    let filters: [Filter]
    let panels: [Panel]

    /// - Parameters:
    ///   - id: unique in the plugin, part of the address.
    ///   - empty: what to do when there is nothing to show yet.
    ///   - filters: columns by whose values the viewer can narrow the panels that have them.
    public init(
        _ id: String, title: String, description: String = "", empty: String, filters: [Filter] = [],
        @DashboardBuilder panels: () -> [Panel]
    ) {
        self.id = id
        self.title = title
        self.description = description
        self.empty = empty
        self.filters = filters
        self.panels = panels()
    }

    public struct Filter: Sendable {
        let column: String
        let title: String

        public init(_ column: String, title: String) {
            self.column = column
            self.title = title
        }
    }

    /// The form that the host reads.
    static func json(_ dashboards: [Dashboard]) -> String {
        var writer = JSONWriter()
        writer.array { writer in
            for dashboard in dashboards {
                writer.object { dashboard.write(&$0) }
            }
        }
        return writer.string
    }

    private func write(_ writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("title", title)
        if !description.isEmpty { writer.member("description", description) }
        writer.member("empty", empty)
        writer.name("filters")
        writer.array { writer in
            for filter in filters {
                writer.object {
                    $0.member("column", filter.column)
                    $0.member("title", filter.title)
                }
            }
        }
        writer.name("panels")
        writer.array { writer in
            for panel in panels { writer.object { panel.write(&$0) } }
        }
    }
}

@resultBuilder
public enum DashboardBuilder {
    public static func buildBlock(_ panels: Panel...) -> [Panel] { panels }
}
