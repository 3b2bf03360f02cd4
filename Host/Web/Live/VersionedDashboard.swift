/// A dashboard's data with the number of the change that each row came with.
///
/// From that follows the difference to any earlier state, however much a reader has missed: no queue of changes is
/// held, and one who was away gets what is different now, once.
package struct VersionedDashboard: Sendable {
    /// The number of the last change.
    package private(set) var number: UInt64
    /// The number that the data began with: differences to earlier states are not known.
    private let first: UInt64
    private var panels: [Panel]
    private var choices: [[String]]
    private var isEmpty: Bool
    /// The last change of choices or emptiness.
    private var frameNumber: UInt64

    fileprivate struct Panel: Sendable {
        var data: PanelData
        /// The last change of columns or note.
        var head: UInt64
        /// The last change of which rows there are and of their order.
        var order: UInt64
        /// The last change of each row, in the order of the rows.
        var rows: [UInt64]
    }

    package init(_ data: DashboardData, number: UInt64) {
        self.number = number
        first = number
        choices = data.choices
        isEmpty = data.isEmpty
        frameNumber = number
        panels = data.panels.map {
            Panel(data: $0, head: number, order: number, rows: Array(repeating: number, count: $0.rows.count))
        }
    }

    package var data: DashboardData {
        DashboardData(panels: panels.map(\.data), choices: choices, isEmpty: isEmpty)
    }

    /// Takes the new data; returns whether it differs, in which case the number has grown by 1.
    package mutating func update(to data: DashboardData) -> Bool {
        precondition(data.panels.count == panels.count, "a dashboard's panels never change")
        if data == self.data { return false }
        number += 1
        if data.choices != choices || data.isEmpty != isEmpty {
            (choices, isEmpty, frameNumber) = (data.choices, data.isEmpty, number)
        }
        for index in panels.indices where panels[index].data != data.panels[index] {
            panels[index].update(to: data.panels[index], number: number)
        }
        return true
    }

    /// All of it as JSON: `{"number", "layout", "asOf", "empty", "choices", "panels": [{"columns", "note", "rows"}]}`.
    /// A row is `[key, [cell, …], [word, tone]?, label?]`, a cell a text or `[text, value, shade?]`; `asOf` is in
    /// milliseconds.
    package func snapshot(layout: String, asOf: Int64) -> JSONWriter {
        var json = JSONWriter()
        json.object { json in
            json.member("number", number)
            json.member("layout", layout)
            json.member("asOf", asOf)
            writeFrame(&json)
            json.key("panels")
            json.array(panels) { json, panel in
                json.object { json in
                    panel.data.writeHead(&json)
                    json.key("rows")
                    json.array(panel.data.rows) { $1.write(&$0) }
                }
            }
        }
        return json
    }

    /// What has changed since the change of that number, as JSON: as the snapshot, with `since`, and `panels` by index
    /// with only what is new: `rows` that changed, `order` (all keys) if rows came, went or moved. nil if that state is
    /// not known.
    package func delta(since: UInt64, asOf: Int64) -> JSONWriter? {
        guard (first...number).contains(since) else { return nil }
        var json = JSONWriter()
        json.object { json in
            json.member("number", number)
            json.member("since", since)
            json.member("asOf", asOf)
            if frameNumber > since { writeFrame(&json) }
            json.key("panels")
            json.object { json in
                for (index, panel) in panels.enumerated() where panel.changed(since: since) {
                    json.key("\(index)")
                    panel.write(since: since, &json)
                }
            }
        }
        return json
    }

    private func writeFrame(_ json: inout JSONWriter) {
        json.member("empty", isEmpty)
        json.key("choices")
        json.array(choices) { json, choices in json.array(choices) { $0.text($1) } }
    }
}

extension VersionedDashboard.Panel {
    fileprivate mutating func update(to new: PanelData, number: UInt64) {
        if new.columns != data.columns || new.note != data.note { head = number }
        let old = Dictionary(zip(data.rows.map(\.key), data.rows.indices), uniquingKeysWith: { first, _ in first })
        if new.rows.map(\.key) != data.rows.map(\.key) { order = number }
        let numbers = new.rows.map { row in
            guard let index = old[row.key], data.rows[index] == row else { return number }
            return rows[index]
        }
        data = new
        rows = numbers
    }

    fileprivate func changed(since: UInt64) -> Bool {
        head > since || order > since || rows.contains { $0 > since }
    }

    fileprivate func write(since: UInt64, _ json: inout JSONWriter) {
        json.object { json in
            if head > since { data.writeHead(&json) }
            if order > since {
                json.key("order")
                json.array(data.rows) { $0.text($1.key) }
            }
            json.key("rows")
            json.array(zip(data.rows, rows)) { json, pair in
                if pair.1 > since { pair.0.write(&json) }
            }
        }
    }
}

extension PanelData {
    fileprivate func writeHead(_ json: inout JSONWriter) {
        json.key("columns")
        json.array(columns) { json, column in
            json.array { json in
                json.text(column.title)
                json.text(column.kind.rawValue)
            }
        }
        json.member("note", note)
    }
}

extension PanelRow {
    fileprivate func write(_ json: inout JSONWriter) {
        json.array { json in
            json.text(key)
            json.array(cells) { $1.write(&$0) }
            if let status {
                json.array { json in
                    json.text(status.word)
                    json.text(status.tone)
                }
            } else if !label.isEmpty {
                json.null()
            }
            if !label.isEmpty { json.text(label) }
        }
    }
}

extension PanelCell {
    fileprivate func write(_ json: inout JSONWriter) {
        guard let value else { return json.text(text) }
        json.array { json in
            json.text(text)
            json.number(value)
            if let shade { json.integer(shade) }
        }
    }
}
