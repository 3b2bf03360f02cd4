/// One panel of a dashboard.
///
/// Fields of every kind: `kind`, `title`, and optionally `description` and `width` (`quarter`, `third`, `half`, `full`;
/// each kind has a default). Every kind but `text` takes `table`, and optionally `where`, `unit` and `decimals`.
package struct PanelDefinition: Sendable, Equatable {
    package var title: String
    package var description: String
    /// Id of the plugin's table; empty for a text.
    package var table: String
    /// Only rows that meet all of these count.
    package var conditions: [Condition]
    /// Share of the page's width on a large screen; nil: the kind's own.
    package var width: PanelWidth?
    /// Follows the panel's main numbers: `%`, `min`.
    package var unit: String
    /// Digits after the point of the panel's main numbers; nil: as many as say something.
    package var decimals: Int?
    package var content: PanelContent

    package init(
        title: String, description: String = "", table: String, conditions: [Condition] = [], width: PanelWidth? = nil,
        unit: String = "", decimals: Int? = nil, content: PanelContent
    ) {
        self.title = title
        self.description = description
        self.table = table
        self.conditions = conditions
        self.width = width
        self.unit = unit
        self.decimals = decimals
        self.content = content
    }
}

package enum PanelWidth: String, Sendable, CaseIterable {
    case quarter, third, half, full
}

package enum PanelContent: Sendable, Equatable {
    /// `{"kind": "number", "measure": F, "column": C}`: one value over all rows. `count` needs no column.
    case number(Measure)
    /// `{"kind": "table", "columns": […], "sort": S, "limit": N}`: rows as they are; without `columns` all of them.
    case table(columns: [String], sort: Sort?, limit: Int)
    /// `{"kind": "tiles", …}`: one tile a row.
    case tiles(Tiles)
    /// `{"kind": "line", "x": C, "y": C, "measure": F, "series": C, "bucket": B}`: rows of equal x (and series) make
    /// one point by `measure`, `sum` if none is given. A column of times may be cut into `bucket`s.
    case line(Chart)
    /// `{"kind": "bar", …}`: as a line, with `"order": "x"` or `"value"` (largest first) and `"limit": N` bars.
    case bar(Chart)
    /// `{"kind": "histogram", "column": C, "bins": N}`: how many rows have a value in each of N equal steps.
    case histogram(column: String, bins: Int)
    /// `{"kind": "heatmap", "x": C, "y": C, "value": C, "measure": F, "bucket": B}`: one cell for each x and y.
    case heatmap(Chart, rowColumn: String)
    /// `{"kind": "text", "text": "…"}`: paragraphs of plain text, in which backquotes surround code.
    case text(String)

    package var kind: String {
        switch self {
        case .number: "number"
        case .table: "table"
        case .tiles: "tiles"
        case .line: "line"
        case .bar: "bar"
        case .histogram: "histogram"
        case .heatmap: "heatmap"
        case .text: "text"
        }
    }

    package static let kinds = ["number", "table", "tiles", "line", "bar", "histogram", "heatmap", "text"]
}

/// How many rows become one value. Rows whose cell is null are left out, except by `count` without a column.
package struct Measure: Sendable, Equatable {
    package enum Function: String, Sendable, CaseIterable {
        case count, sum, mean, min, max
        /// How many different values.
        case distinct
    }

    package var function: Function
    package var column: String?

    package init(_ function: Function, of column: String? = nil) {
        self.function = function
        self.column = column
    }
}

/// The points of a line, the bars of a bar chart, the cells of a heat map.
package struct Chart: Sendable, Equatable {
    package enum Order: String, Sendable, CaseIterable {
        case x, value
    }

    package var x: String
    package var measure: Measure
    package var series: String?
    package var bucket: TimeBucket?
    package var order: Order
    package var limit: Int

    package init(
        x: String, measure: Measure, series: String? = nil, bucket: TimeBucket? = nil, order: Order = .x,
        limit: Int = 500
    ) {
        self.x = x
        self.measure = measure
        self.series = series
        self.bucket = bucket
        self.order = order
        self.limit = limit
    }
}

/// A step of UTC time.
package enum TimeBucket: String, Sendable, CaseIterable {
    case minute, hour, day

    package var microseconds: Int64 {
        switch self {
        case .minute: 60_000_000
        case .hour: 3_600_000_000
        case .day: 86_400_000_000
        }
    }
}

/// `{"column": C, "descending": true, "then": S}`; without `descending` the smallest come first. Nulls come last. `then`
/// decides between rows that are equal so far.
package struct Sort: Sendable, Equatable {
    package var column: String
    package var descending: Bool
    /// One or none.
    package var then: [Sort]

    package init(column: String, descending: Bool = false, then: [Sort] = []) {
        self.column = column
        self.descending = descending
        self.then = then
    }

    /// By which column first, and by which ones next.
    package var all: [Sort] { [self] + then.flatMap(\.all) }
}
