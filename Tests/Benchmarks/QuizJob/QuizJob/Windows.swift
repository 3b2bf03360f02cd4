import PluginAPI

/// What happens at a module in an hour, whoever does it.
struct Windows: SpreadReducer {
    static let id = "windows"
    static let version = 1
    static let events: EventFilter = .types("module_quiz_completed")
    static let key: Key = [.field("module"), .hour]

    typealias Input = Activity

    struct State: ReducerState, StateCoding {
        var count = 0
        var sum = 0
        var lowest = Int.max
        var highest = Int.min
        var users = DistinctSet()
    }

    static func reduce(_ state: inout State, _ input: Activity) {
        state.count += 1
        state.sum += input.score
        state.lowest.lower(to: input.score)
        state.highest.raise(to: input.score)
        state.users.insert(input.user)
    }

    static func merge(_ state: inout State, _ other: State) {
        state.count += other.count
        state.sum += other.sum
        state.lowest.lower(to: other.lowest)
        state.highest.raise(to: other.highest)
        state.users.merge(other.users)
    }
}

extension Windows.State {
    func encode(into writer: inout StateWriter) {
        writer.map { map in
            map.field("sum", sum)
            map.field("count", count)
            map.field("users", users)
            map.field("lowest", lowest)
            map.field("highest", highest)
        }
    }

    init(from reader: inout StateReader) throws {
        var map = try reader.map()
        sum = try map.read("sum")
        count = try map.read("count")
        users = try map.read("users")
        lowest = try map.read("lowest")
        highest = try map.read("highest")
    }
}

struct WindowTable: Table {
    typealias From = Windows
    let id = "window"
    let title = "Hours"
    let columns: [Column] = [
        .text("t"), .text("module", key: true), .integer("hour", key: true), .integer("count"), .integer("sum"),
        .integer("min"), .integer("max"), .integer("users"),
    ]

    func rows(_ key: KeyView, _ state: Windows.State, into rows: Rows) {
        rows.add(
            .text("window"), key[0], key[1], .integer(state.count), .integer(state.sum), .integer(state.lowest),
            .integer(state.highest), .integer(state.users.count))
    }
}
