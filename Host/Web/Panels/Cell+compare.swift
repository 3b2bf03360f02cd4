import PluginHost

extension Cell {
    /// The cell as a number: integers, numbers, booleans (0, 1) and times (microseconds).
    var number: Double? {
        switch self {
        case .integer(let value), .time(let value): Double(value)
        case .number(let value): value.isNaN ? nil : value
        case .boolean(let value): value ? 1 : 0
        case .null, .text: nil
        }
    }

    /// Less than, equal to or greater than 0 if this comes before, with or after `other`: numbers before texts, null
    /// last; texts by their letters, but runs of digits by their value.
    func compare(_ other: Cell) -> Int {
        switch (number, other.number) {
        case (let one?, let other?): one < other ? -1 : one > other ? 1 : 0
        case (_?, nil): -1
        case (nil, _?): 1
        case (nil, nil): compareTexts(other)
        }
    }

    private func compareTexts(_ other: Cell) -> Int {
        switch (self, other) {
        case (.text(let one), .text(let other)): naturalOrder(one, other)
        case (.text, _): -1
        case (_, .text): 1
        default: 0
        }
    }
}

extension Comparison {
    func fits(_ cell: Cell) -> Bool {
        switch self {
        case .is(let wanted): return equal(cell, wanted)
        case .isNot(let wanted): return !equal(cell, wanted)
        case .below(let limit): return cell.number.map { $0 < limit } ?? false
        case .atMost(let limit): return cell.number.map { $0 <= limit } ?? false
        case .above(let limit): return cell.number.map { $0 > limit } ?? false
        case .atLeast(let limit): return cell.number.map { $0 >= limit } ?? false
        }
    }

    private func equal(_ cell: Cell, _ wanted: Cell) -> Bool {
        if let one = cell.number, let other = wanted.number { return one == other }
        return cell == wanted
    }
}

/// Orders "module 2" before "module 10".
func naturalOrder(_ one: String, _ other: String) -> Int {
    var left = Substring(one).utf8, right = Substring(other).utf8
    while let a = left.first, let b = right.first {
        if isDigit(a), isDigit(b) {
            let order = compareNumbers(takeDigits(&left), takeDigits(&right))
            if order != 0 { return order }
        } else if a != b {
            return a < b ? -1 : 1
        } else {
            left.removeFirst()
            right.removeFirst()
        }
    }
    if left.isEmpty != right.isEmpty { return left.isEmpty ? -1 : 1 }
    // "01" and "1" count alike so far: only equal texts may come out as equal.
    return one == other ? 0 : one < other ? -1 : 1
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

private func takeDigits(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
    let digits = text.prefix(while: isDigit)
    text.removeFirst(digits.count)
    return digits.drop { $0 == 0x30 }
}

private func compareNumbers(_ one: Substring.UTF8View, _ other: Substring.UTF8View) -> Int {
    if one.count != other.count { return one.count < other.count ? -1 : 1 }
    for (a, b) in zip(one, other) where a != b { return a < b ? -1 : 1 }
    return 0
}
