import PluginHost

/// How values read.
struct ValueFormat {
    var unit = ""
    var decimals: Int?
    /// Times are cut to whole steps of this.
    var bucket: TimeBucket?

    static let plain = ValueFormat()

    func cell(_ cell: Cell) -> PanelCell {
        switch cell {
        case .null: .none
        case .time(let time): PanelCell(text(cell), value: Double(time) / 1000)
        default: PanelCell(text(cell), value: cell.number)
        }
    }

    func text(_ cell: Cell) -> String {
        switch cell {
        case .null: "–"
        case .text(let text): text
        case .boolean(let value): value ? "yes" : "no"
        case .integer(let value): (decimals ?? 0) > 0 ? number(Double(value)) : Self.text(value) + suffix
        case .number(let value): number(value)
        case .time(let time): TimeText.text(time, bucket: bucket)
        }
    }

    /// A text that differs for cells that differ.
    static func identity(_ cell: Cell) -> String {
        switch cell {
        case .null: ""
        case .text(let text): "t\(text)"
        case .integer(let value), .time(let value): "i\(value)"
        case .number(let value): "n\(value)"
        case .boolean(let value): value ? "y" : "f"
        }
    }

    /// Digits in groups of three.
    static func text(_ integer: Int64) -> String {
        grouped(String(integer.magnitude), negative: integer < 0)
    }

    private func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
        return Self.text(value, decimals: decimals) + suffix
    }

    /// `%` follows its number directly, a word after a space that does not break.
    private var suffix: String {
        unit.isEmpty || unit == "%" || unit == "°" ? unit : "\u{A0}\(unit)"
    }

    /// With `decimals` digits after the point. Without, at most two, one from 10 on, and as many as a small number
    /// needs to show two that count.
    static func text(_ value: Double, decimals: Int?) -> String {
        let magnitude = value.magnitude
        if magnitude >= 1e15 { return "\(value)" }
        var digits = decimals ?? (magnitude < 10 ? 2 : 1)
        if decimals == nil, magnitude > 0, magnitude < 0.1 {
            if magnitude < 1e-6 { return "\(value)" }
            var limit = 0.1
            while magnitude < limit { (digits, limit) = (digits + 1, limit / 10) }
        }
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (magnitude * scale).rounded()
        guard scaled < 9e18 else { return "\(value)" }
        let all = String(Int64(scaled))
        let padded = String(repeating: "0", count: max(0, digits + 1 - all.count)) + all
        var fraction = padded.suffix(digits)
        if decimals == nil { while fraction.last == "0" { fraction.removeLast() } }
        let whole = grouped(String(padded.dropLast(digits)), negative: value < 0 && scaled > 0)
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }

    private static func grouped(_ digits: String, negative: Bool) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return negative ? "−\(text)" : text
    }
}
