import PluginAPI

/// What a student's attempts at a module's quiz say of his memory.
struct Attempts: Reducer {
    static let id = "attempts"
    static let version = 1
    static let events: EventFilter = .types("module_quiz_completed")
    static let key: Key = [.actor, .field("module")]

    typealias Input = Activity

    struct State: ReducerState, StateCoding {
        var count = 0
        var scores = 0
        var taken = 0
        var last: Int64 = 0
        var current = 0.0
        var confidence = 0.0
        /// Days until the next review.
        var interval = 1.0
        var review: Int64 = 0
    }

    static func reduce(_ state: inout State, _ input: Activity) {
        let score = Double(input.score)
        if state.count == 0 {
            state.last = input.seconds
            state.current = score
        } else {
            state.last.raise(to: input.seconds)
            state.current = state.current + 0.3 * (score - state.current)
        }
        state.count += 1
        state.scores += input.score
        state.taken += input.taken
        state.confidence = score / 70.0
        state.interval =
            input.score >= 70 ? min(state.interval * (1.0 + state.confidence), 180.0) : max(state.interval * 0.5, 1.0)
        state.review = input.seconds + Int64(state.interval * 86_400.0)
    }
}

extension Attempts.State {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("last", last)
            map.field("count", count)
            map.field("taken", taken)
            map.field("review", review)
            map.field("scores", scores)
            map.field("current", current)
            map.field("interval", interval)
            map.field("confidence", confidence)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        last = try map.read("last")
        count = try map.read("count")
        taken = try map.read("taken")
        review = try map.read("review")
        scores = try map.read("scores")
        current = try map.read("current")
        interval = try map.read("interval")
        confidence = try map.read("confidence")
    }
}

struct AttemptTable: Table {
    typealias From = Attempts
    let id = "attempt"
    let title = "Attempts"
    let columns: [Column] = [
        .text("t"), .text("user", key: true), .text("module", key: true), .integer("count"), .integer("mean_score_u"),
        .integer("mean_time_u"), .integer("last"), .integer("current_score_u"), .integer("confidence_u"),
        .integer("interval_u"), .integer("next_review"),
    ]

    func rows(_ key: KeyView, _ state: Attempts.State, into rows: Rows) {
        rows.add(
            .text("attempt"), key[0], key[1], .integer(state.count),
            .integer(millionths(Double(state.scores) / Double(state.count))),
            .integer(millionths(Double(state.taken) / Double(state.count))), .integer(Int(state.last)),
            .integer(millionths(state.current)), .integer(millionths(state.confidence)),
            .integer(millionths(state.interval)), .integer(Int(state.review)))
    }
}

/// A number in whole millionths, so that no two languages can print it differently.
func millionths(_ number: Double) -> Int { Int((number * 1e6 + 0.5).rounded(.down)) }
