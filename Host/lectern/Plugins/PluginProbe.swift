import ArgumentParser

/// A check that runs the plugin's code, and so has a process of its own.
enum PluginProbe: Equatable, ExpressibleByArgument {
    case load
    /// Lines that no source expects.
    case oddLines(String)
    /// Events without fields, or with other fields than reducers expect.
    case oddEvents
    /// The stored form of a reducer's states.
    case states(String)
    case cutStates(String)
    case merge(String)
    /// What becomes of a reducer's states in other versions.
    case migrations(String)
    /// What time does to a reducer's states.
    case ticks(String)
    /// `restart`: after how many events; 0 for none. `ticks`: whether they come between the events.
    case fold(shards: Int, batch: Int, restart: UInt64, ticks: Bool)

    /// As it stands on the command line.
    var text: String {
        switch self {
        case .load: "load"
        case .oddLines(let source): "odd-lines:\(source)"
        case .oddEvents: "odd-events"
        case .states(let reducer): "states:\(reducer)"
        case .cutStates(let reducer): "cut-states:\(reducer)"
        case .merge(let reducer): "merge:\(reducer)"
        case .migrations(let reducer): "migrations:\(reducer)"
        case .ticks(let reducer): "ticks:\(reducer)"
        case .fold(let shards, let batch, let restart, let ticks): "fold:\(shards):\(batch):\(restart):\(ticks)"
        }
    }

    init?(argument: String) {
        let words = argument.split(separator: ":").map(String.init)
        switch (words.first, words.count) {
        case ("load", 1): self = .load
        case ("odd-lines", 2): self = .oddLines(words[1])
        case ("odd-events", 1): self = .oddEvents
        case ("states", 2): self = .states(words[1])
        case ("cut-states", 2): self = .cutStates(words[1])
        case ("merge", 2): self = .merge(words[1])
        case ("migrations", 2): self = .migrations(words[1])
        case ("ticks", 2): self = .ticks(words[1])
        case ("fold", 5):
            guard let shards = Int(words[1]), let batch = Int(words[2]), let restart = UInt64(words[3]),
                let ticks = Bool(words[4])
            else { return nil }
            self = .fold(shards: shards, batch: batch, restart: restart, ticks: ticks)
        default: return nil
        }
    }

    /// How long it may take.
    var seconds: UInt32 {
        switch self {
        case .load, .oddLines, .oddEvents: 30
        case .states, .cutStates, .merge, .migrations, .ticks, .fold: 600
        }
    }
}

/// What a probe found.
struct ProbeReport: Codable {
    struct Components: Codable {
        struct Reducer: Codable {
            let id: String
            let merges: Bool
            let migrates: Bool
            let isTimed: Bool
        }

        let sources: [String]
        let reducers: [Reducer]
        let aggregators: [String]
        let tables: [String]
        let dashboards: [String]
        /// Functions with their arguments and results.
        let functions: [String]
        /// How many tests the functions have passed.
        let functionTests: Int

        var summary: String {
            [
                ("source", sources), ("reducer", reducers.map(\.id)), ("aggregator", aggregators), ("table", tables),
                ("dashboard", dashboards),
                ("function", functions.compactMap { $0.split(separator: "(").first.map(String.init) }),
            ].filter { !$1.isEmpty }.map { "\($0)s: \($1.joined(separator: ", "))" }.joined(separator: "; ")
        }
    }

    /// What a fold came to.
    struct Fold: Codable {
        let events: UInt64
        let states: String
        let tables: [String: String]

        func difference(from other: Fold) -> String? {
            if states != other.states { return "expected states of SHA-256 \(other.states), found \(states)" }
            for (table, sum) in tables.sorted(by: { $0.key < $1.key }) where other.tables[table] != sum {
                return "expected table \(table) of SHA-256 \(other.tables[table] ?? "–"), found \(sum)"
            }
            return nil
        }
    }

    /// What is wrong; nil if nothing is.
    var failure: String?
    /// For people, if nothing is wrong.
    var detail = ""
    /// Of `load`: where it was refused, or what there is.
    var refusedField: String?
    var components: Components?
    var fold: Fold?
}
