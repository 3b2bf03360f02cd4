/// One comparison of a column's value.
public enum Comparison: Sendable {
    case isText(String), isNotText(String)
    case below(Double), atMost(Double), above(Double), atLeast(Double)

    func write(_ writer: inout JSONWriter) {
        switch self {
        case .isText(let text): writer.member("is", text)
        case .isNotText(let text): writer.member("isNot", text)
        case .below(let number): writer.member("below", number)
        case .atMost(let number): writer.member("atMost", number)
        case .above(let number): writer.member("above", number)
        case .atLeast(let number): writer.member("atLeast", number)
        }
    }
}

/// Which rows count.
struct Condition {
    let column: String
    let comparison: Comparison
}

/// The order of rows or tiles; nulls come last.
public struct Sort: Sendable {
    private var columns: [(name: String, descending: Bool)]

    public static func ascending(_ column: String) -> Sort { Sort(columns: [(column, false)]) }
    public static func descending(_ column: String) -> Sort { Sort(columns: [(column, true)]) }

    /// Where this does not decide, `next` does.
    public func then(_ next: Sort) -> Sort { Sort(columns: columns + next.columns) }

    func write(_ writer: inout JSONWriter) { Self.write(columns[...], as: "sort", to: &writer) }

    private static func write(
        _ columns: ArraySlice<(name: String, descending: Bool)>, as name: String, to writer: inout JSONWriter
    ) {
        guard let first = columns.first else { return }
        writer.name(name)
        writer.object {
            $0.member("column", first.name)
            $0.member("descending", first.descending)
            write(columns.dropFirst(), as: "then", to: &$0)
        }
    }
}

/// What a tile's value means, in words, shape and colour: the first level that fits.
public struct Status: Sendable {
    let column: String
    let levels: [Level]

    public init(_ column: String, _ levels: Level...) {
        self.column = column
        self.levels = levels
    }

    public enum Tone: String, Sendable { case good, fair, warn, alert, quiet }

    public struct Level: Sendable {
        let comparison: Comparison?
        let word: String
        let tone: Tone

        /// A level for the values that meet the comparison.
        public static func when(_ comparison: Comparison, _ word: String, _ tone: Tone) -> Level {
            Level(comparison: comparison, word: word, tone: tone)
        }

        /// The level for all other values.
        public static func otherwise(_ word: String, _ tone: Tone) -> Level {
            Level(comparison: nil, word: word, tone: tone)
        }
    }

    func write(_ writer: inout JSONWriter) {
        writer.name("status")
        writer.object { writer in
            writer.member("column", column)
            writer.name("levels")
            writer.array { writer in
                for level in levels {
                    writer.object {
                        level.comparison?.write(&$0)
                        $0.member("word", level.word)
                        $0.member("tone", level.tone.rawValue)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func texts(_ name: String, _ values: [String]) {
        self.name(name)
        array { writer in
            for value in values { writer.text(value) }
        }
    }
}
