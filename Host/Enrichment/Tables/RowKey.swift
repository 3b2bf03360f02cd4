import PluginHost

/// What rows of a table are looked up by: the columns of its key that are no times. Of the rows that agree in them, the one of the
/// latest time counts: of a learner's windows, the newest.
struct RowKey {
    /// In the order of the table.
    let columns: [Int]
    /// The column of the time; nil: the key has none.
    let window: Int?

    /// Nil: the table has no such key.
    init?(_ all: [TableColumn]) {
        let keys = all.indices.filter { all[$0].isKey }
        columns = keys.filter { all[$0].type != .time }
        let times = keys.filter { all[$0].type == .time }
        guard !columns.isEmpty, times.count <= 1 else { return nil }
        window = times.first
    }

    /// The texts that a row is looked up by; nil: it can't be.
    func parts(of row: [Cell]) -> [String]? {
        let texts = columns.compactMap { row[$0].keyText }
        return texts.count == columns.count ? texts : nil
    }
}

extension Cell {
    /// As a key has it; nil for what can't be one.
    fileprivate var keyText: String? {
        switch self {
        case .text(let text): text
        case .integer(let value): "\(value)"
        case .boolean(let value): "\(value)"
        case .null, .number, .time: nil
        }
    }
}
