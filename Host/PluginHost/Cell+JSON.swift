package import Records

extension Bytes {
    /// A cell as a JSON value; a time as an RFC 3339 text in UTC.
    package mutating func appendJSON(_ cell: Cell) {
        switch cell {
        case .null: append("null")
        case .text(let text): appendJSON(text)
        case .integer(let value): appendJSON(value)
        case .number(let value): appendJSON(value)
        case .boolean(let value): appendJSON(value)
        case .time(let time): appendJSON(microseconds: time)
        }
    }
}
