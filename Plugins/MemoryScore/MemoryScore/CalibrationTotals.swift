import PluginAPI

/// The calibration over all learners.
struct CalibrationTotals: Aggregator {
    typealias Of = Memories
    static let id = "calibration-totals"
    static let group: Key = []

    typealias State = Calibration

    static func add(_ total: inout Calibration, _ key: KeyView, _ state: Memories.State) {
        total.merge(state.calibration)
    }

    static func retract(_ total: inout Calibration, _ key: KeyView, _ state: Memories.State) {
        total.subtract(state.calibration)
    }
}

extension Calibration: ReducerState {}

/// A row for each of what foretells.
struct CalibrationTable: Table {
    typealias From = CalibrationTotals
    let model: MemorySettings.ModelName
    let id = "memory_calibration"
    let title = "Calibration of the models of memory"
    let columns: [Column] = [
        .text("model", "Model", key: true), .integer("reviews", "Reviews"), .number("log_loss", "Log loss"),
        .number("rmse", "RMSE"), .number("log_loss_sum", "Sum of log losses"),
        .number("squared_error_sum", "Sum of squared errors"), .boolean("is_active", "Fills the scores"),
    ]

    func rows(_ key: KeyView, _ state: Calibration, into rows: Rows) {
        let all = [
            ("ebbinghaus", state.ebbinghaus), ("fsrs6", state.fsrs6), ("constant", state.constant),
            ("moving_average", state.movingAverage),
        ]
        for (name, losses) in all {
            rows.add(
                .string(name), .integer(losses.log.count), .number(losses.log.mean),
                .number(losses.squares.mean?.squareRoot()), .number(losses.log.sum), .number(losses.squares.sum),
                .boolean(name == model.rawValue))
        }
    }
}
