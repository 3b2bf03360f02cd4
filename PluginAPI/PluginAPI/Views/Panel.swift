/// A panel of a dashboard. All but `text` show a table of the plugin, and may be narrowed with `where`.
public struct Panel {
    /// What the panel is written from, in order.
    private var members: [(inout JSONWriter) -> Void]
    private var conditions: [Condition] = []

    func write(_ writer: inout JSONWriter) {
        for member in members { member(&writer) }
        guard !conditions.isEmpty else { return }
        writer.name("where")
        writer.array { writer in
            for condition in conditions {
                writer.object {
                    $0.member("column", condition.column)
                    condition.comparison.write(&$0)
                }
            }
        }
    }

    private init(_ kind: String, _ title: String, table: String? = nil, _ members: [(inout JSONWriter) -> Void]) {
        let head: (inout JSONWriter) -> Void = {
            $0.member("kind", kind)
            $0.member("title", title)
            if let table { $0.member("table", table) }
        }
        self.members = [head] + members
    }

    /// How many rows become one value. Rows whose cell is null are left out, except by `count`.
    public enum Measure: Sendable {
        case count
        case sum(String), mean(String), min(String), max(String)
        /// How many different values.
        case distinct(String)

        fileprivate func write(_ writer: inout JSONWriter, column: String) {
            let (function, name): (String, String?) =
                switch self {
                case .count: ("count", nil)
                case .sum(let name): ("sum", name)
                case .mean(let name): ("mean", name)
                case .min(let name): ("min", name)
                case .max(let name): ("max", name)
                case .distinct(let name): ("distinct", name)
                }
            writer.member("measure", function)
            if let name { writer.member(column, name) }
        }
    }

    /// A step of UTC time.
    public enum Bucket: String, Sendable { case minute, hour, day }

    /// One value over all rows.
    public static func number(_ title: String, table: String, _ measure: Measure) -> Panel {
        Panel("number", title, table: table, [{ measure.write(&$0, column: "column") }])
    }

    /// Rows as they are; without columns all of them.
    public static func table(
        _ title: String, table: String, columns: [String] = [], sort: Sort? = nil, limit: Int? = nil
    ) -> Panel {
        Panel(
            "table", title, table: table,
            [
                { columns.isEmpty ? () : $0.texts("columns", columns) }, { sort?.write(&$0) },
                { write(limit, to: &$0) },
            ])
    }

    /// A roster: one tile a row, with a name, a headline value and a status.
    public static func tiles(
        _ title: String, table: String, name: String, value: String? = nil, status: Status? = nil,
        details: [String] = [], sort: Sort? = nil, limit: Int? = nil
    ) -> Panel {
        Panel(
            "tiles", title, table: table,
            [
                { $0.member("name", name) }, { writer in value.map { writer.member("value", $0) } },
                { status?.write(&$0) }, { details.isEmpty ? () : $0.texts("details", details) },
                { sort?.write(&$0) }, { write(limit, to: &$0) },
            ])
    }

    /// Rows of equal x (and series) make one point.
    public static func line(
        _ title: String, table: String, x: String, _ measure: Measure, series: String? = nil, bucket: Bucket? = nil
    ) -> Panel {
        chart("line", title, table, x, measure, series, bucket, [])
    }

    /// Rows of equal x (and series) make one bar.
    /// - Parameter byValue: the largest first, rather than in the order of x.
    public static func bar(
        _ title: String, table: String, x: String, _ measure: Measure, series: String? = nil, bucket: Bucket? = nil,
        byValue: Bool = false, limit: Int? = nil
    ) -> Panel {
        chart(
            "bar", title, table, x, measure, series, bucket,
            [
                { $0.member("order", byValue ? "value" : "x") }, { write(limit, to: &$0) },
            ])
    }

    /// How many rows have a value in each of some equal steps.
    public static func histogram(_ title: String, table: String, column: String, bins: Int = 10) -> Panel {
        Panel("histogram", title, table: table, [{ $0.member("column", column) }, { $0.member("bins", bins) }])
    }

    /// One cell for each x and y.
    public static func heatmap(
        _ title: String, table: String, x: String, y: String, _ measure: Measure, bucket: Bucket? = nil
    ) -> Panel {
        Panel(
            "heatmap", title, table: table,
            [
                { $0.member("x", x) }, { $0.member("y", y) }, { measure.write(&$0, column: "value") },
                { writer in bucket.map { writer.member("bucket", $0.rawValue) } },
            ])
    }

    /// Paragraphs of plain text, parted by blank lines.
    public static func text(_ title: String, _ text: String) -> Panel {
        Panel("text", title, [{ $0.member("text", text) }])
    }

    /// Only rows that meet the condition, and those before it.
    public func `where`(_ column: String, _ comparison: Comparison) -> Panel {
        var panel = self
        panel.conditions.append(Condition(column: column, comparison: comparison))
        return panel
    }

    /// What follows the panel's numbers, for instance `%` or `min`.
    public func unit(_ unit: String) -> Panel { adding { $0.member("unit", unit) } }

    /// Digits after the point of the panel's numbers.
    public func decimals(_ digits: Int) -> Panel { adding { $0.member("decimals", digits) } }

    public func description(_ text: String) -> Panel { adding { $0.member("description", text) } }

    public enum Width: String, Sendable { case quarter, third, half, full }

    /// Share of the page's width on a large screen.
    public func width(_ width: Width) -> Panel { adding { $0.member("width", width.rawValue) } }

    private func adding(_ member: @escaping (inout JSONWriter) -> Void) -> Panel {
        var panel = self
        panel.members.append(member)
        return panel
    }

    private static func chart(
        _ kind: String, _ title: String, _ table: String, _ x: String, _ measure: Measure, _ series: String?,
        _ bucket: Bucket?, _ more: [(inout JSONWriter) -> Void]
    ) -> Panel {
        Panel(
            kind, title, table: table,
            [
                { $0.member("x", x) }, { measure.write(&$0, column: "y") },
                { writer in series.map { writer.member("series", $0) } },
                { writer in bucket.map { writer.member("bucket", $0.rawValue) } },
            ] + more)
    }

    private static func write(_ limit: Int?, to writer: inout JSONWriter) {
        if let limit { writer.member("limit", limit) }
    }
}
