/// Lengths of time as people write them: `500ms`, `1.5h`.
package enum DurationText {
    /// The units, from the smallest, in microseconds.
    private static let units: [(name: String, size: Int64)] = [
        ("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]

    /// Nil if the text is no number with one of the units.
    package static func parse(_ text: String) -> Duration? {
        quantity(text, units).map { .microseconds($0) }
    }

    /// The shortest text that `parse` reads as the same duration, of whole microseconds.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        return shortest(seconds * 1_000_000 + attoseconds / 1_000_000_000_000, units)
    }
}

/// Numbers of bytes as people write them: `64KiB`, `1GB`, `512`.
enum SizeText {
    private static let decimal: [(name: String, size: Int64)] = [
        ("", 1), ("B", 1), ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ]
    private static let binary: [(name: String, size: Int64)] = [
        ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// Nil if the text is no number, alone or with one of the units.
    static func parse(_ text: String) -> Int? { quantity(text, decimal + binary).map { Int($0) } }

    static func text(_ bytes: Int) -> String { shortest(Int64(bytes), binary) }
}

/// A decimal number and a unit's name, perhaps with spaces between, in the smallest unit. Nil if it is neither,
/// negative, or too large.
private func quantity(_ text: String, _ units: [(name: String, size: Int64)]) -> Int64? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let name = text.dropFirst(digits.count).drop { $0 == " " }
    guard let unit = units.first(where: { $0.name == name }) else { return nil }
    if let whole = Int64(digits) {
        let (result, overflow) = whole.multipliedReportingOverflow(by: unit.size)
        return overflow ? nil : result
    }
    guard let number = Double(digits) else { return nil }
    return Int64(exactly: (number * Double(unit.size)).rounded())
}

/// In the largest unit that leaves no fraction.
private func shortest(_ amount: Int64, _ units: [(name: String, size: Int64)]) -> String {
    let unit = units.last { amount % $0.size == 0 && amount >= $0.size } ?? units[0]
    return "\(amount / unit.size)\(unit.name)"
}

extension Duration {
    /// Whole microseconds.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
