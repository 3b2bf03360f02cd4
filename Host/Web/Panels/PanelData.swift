/// What one panel shows: always a table, whatever is drawn from it. A chart's first column is its x, each further
/// column one series; a number is one row of one cell; a tile is a row.
package struct PanelData: Sendable, Equatable {
    package var columns: [PanelColumn] = []
    package var rows: [PanelRow] = []
    /// What the viewer should know of the rows: that some are left out. Empty: nothing.
    package var note = ""

    package init(columns: [PanelColumn] = [], rows: [PanelRow] = [], note: String = "") {
        self.columns = columns
        self.rows = rows
        self.note = note
    }
}

package struct PanelColumn: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case text, number, time
    }

    package var title: String
    package var kind: Kind

    package init(_ title: String, _ kind: Kind) {
        self.title = title
        self.kind = kind
    }
}

package struct PanelRow: Sendable, Equatable {
    /// Unique in the panel; the same row keeps its key while its cells change.
    package var key: String
    package var cells: [PanelCell]
    /// A tile's level.
    package var status: RowStatus?
    /// What tells a tile from others of its name; empty: the name does.
    package var label = ""

    package init(key: String, cells: [PanelCell], status: RowStatus? = nil, label: String = "") {
        self.key = key
        self.cells = cells
        self.status = status
        self.label = label
    }
}

package struct RowStatus: Sendable, Equatable {
    package var word: String
    package var tone: String

    package init(word: String, tone: String) {
        self.word = word
        self.tone = tone
    }
}

/// A value as people read it, and as a chart draws it. Texts are made here alone, so that every view of a number
/// agrees.
package struct PanelCell: Sendable, Equatable {
    package var text: String
    /// For drawing; nil if there is nothing to draw. Of a time: milliseconds since 1970 UTC.
    package var value: Double?
    /// A heat map's cell: 0 (nothing) to 5 (the largest).
    package var shade: Int?

    package init(_ text: String, value: Double? = nil, shade: Int? = nil) {
        self.text = text
        self.value = value
        self.shade = shade
    }

    package static let none = PanelCell("–")
}
