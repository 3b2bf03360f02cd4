import PluginHost

/// Makes one value of many cells.
struct MeasureAccumulator {
    private let function: Measure.Function
    private var count: Int64 = 0
    private var sum = 0.0
    private var integerSum: Int64? = 0
    private var extreme: Cell = .null
    private var values: Set<Cell> = []

    init(_ function: Measure.Function) {
        self.function = function
    }

    /// Adds a row's cell; nil where the measure has no column.
    mutating func add(_ cell: Cell?) {
        guard let cell else {
            count += 1
            return
        }
        if cell == .null { return }
        count += 1
        switch function {
        case .count:
            break
        case .distinct:
            values.insert(cell)
        case .sum, .mean:
            add(sum: cell)
        case .min:
            if extreme == .null || cell.compare(extreme) < 0 { extreme = cell }
        case .max:
            if extreme == .null || cell.compare(extreme) > 0 { extreme = cell }
        }
    }

    private mutating func add(sum cell: Cell) {
        sum += cell.number ?? 0
        if case .integer(let value) = cell, let total = integerSum {
            let (result, overflow) = total.addingReportingOverflow(value)
            integerSum = overflow ? nil : result
        } else {
            integerSum = nil
        }
    }

    /// Null if there is no mean, least or greatest value.
    var result: Cell {
        switch function {
        case .count: .integer(count)
        case .distinct: .integer(Int64(values.count))
        case .sum: integerSum.map(Cell.integer) ?? .number(sum)
        case .mean: count == 0 ? .null : .number(sum / Double(count))
        case .min, .max: extreme
        }
    }
}
