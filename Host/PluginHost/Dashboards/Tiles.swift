/// A roster: one tile a row, with a name, a headline value, and a status in words, shape and colour.
///
///     {"kind": "tiles", "name": C, "value": C, "status": {"column": C, "levels": [L, …]}, "details": [C, …],
///      "sort": S, "limit": N}
///
/// `value`, `status`, `details` and `sort` may be left out. Details are shown when a tile is opened. Where the table's
/// key has more columns than the name, the others stand on the tile too: one student may have a row in each course.
package struct Tiles: Sendable, Equatable {
    package var name: String
    package var value: String?
    package var status: Status?
    package var details: [String]
    package var sort: Sort?
    package var limit: Int

    package init(
        name: String, value: String? = nil, status: Status? = nil, details: [String] = [], sort: Sort? = nil,
        limit: Int = 200
    ) {
        self.name = name
        self.value = value
        self.status = status
        self.details = details
        self.sort = sort
        self.limit = limit
    }
}

/// What a value means: the first level that fits. A null fits none and shows as "no data".
package struct Status: Sendable, Equatable {
    package var column: String
    package var levels: [Level]

    package init(column: String, levels: [Level]) {
        self.column = column
        self.levels = levels
    }

    /// `{"below": 50, "word": "needs help", "tone": "alert"}`. Instead of `below` any comparison of a condition will
    /// do; without one the level fits every value.
    package struct Level: Sendable, Equatable {
        package var comparison: Comparison?
        package var word: String
        package var tone: Tone

        package init(_ comparison: Comparison? = nil, word: String, tone: Tone) {
            self.comparison = comparison
            self.word = word
            self.tone = tone
        }
    }
}

/// What a status asks of the viewer; each has a shape and a colour of its own.
package enum Tone: String, Sendable, CaseIterable {
    case good, fair, warn, alert, quiet
}

/// `{"column": "score", "atLeast": 50}`: one comparison of one column. A null meets `is` and `isNot` null only.
package struct Condition: Sendable, Equatable {
    package var column: String
    package var comparison: Comparison

    package init(column: String, _ comparison: Comparison) {
        self.column = column
        self.comparison = comparison
    }
}

/// `is` and `isNot` take a text, a number, `true`, `false` or null; the others take a number.
package enum Comparison: Sendable, Equatable {
    case `is`(Cell)
    case isNot(Cell)
    case below(Double)
    case atMost(Double)
    case above(Double)
    case atLeast(Double)

    package static let names = ["is", "isNot", "below", "atMost", "above", "atLeast"]
}
