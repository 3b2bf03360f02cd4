import PluginAPI

/// How a class does in the modules of a domain.
struct ModuleTotals: Aggregator {
    typealias Of = Quizzes
    static let id = "module-totals"
    static let group: Key = [.field("domain")]

    struct State: ReducerState {
        var modules: [String: Total] = [:]
    }

    struct Total: Codable, Equatable {
        var learners = 0
        var scores = Mean()
        var taken = Mean()

        mutating func add(_ result: Quizzes.Result) {
            learners += 1
            scores.merge(result.scores)
            taken.merge(result.taken)
        }

        mutating func retract(_ result: Quizzes.Result) {
            learners -= 1
            scores.subtract(result.scores)
            taken.subtract(result.taken)
        }
    }

    static func add(_ total: inout State, _ key: KeyView, _ state: Quizzes.State) {
        for (module, result) in state.modules {
            total.modules[module, default: Total()].add(result)
        }
    }

    static func retract(_ total: inout State, _ key: KeyView, _ state: Quizzes.State) {
        for (module, result) in state.modules {
            total.modules[module, default: Total()].retract(result)
            if total.modules[module]?.learners == 0 { total.modules[module] = nil }
        }
    }
}

/// A row for each module with quizzes.
struct ModuleTable: Table {
    typealias From = ModuleTotals
    let id = "modules"
    let title = "Modules"
    let columns: [Column] = [
        .text("domain", "Domain", key: true), .text("module", "Module", key: true), .integer("learners", "Learners"),
        .integer("attempts", "Attempts"), .number("average_score", "Average score"),
        .number("average_minutes", "Average time, min"),
    ]

    func rows(_ key: KeyView, _ state: ModuleTotals.State, into rows: Rows) {
        for (module, total) in state.modules {
            rows.add(
                key[0], .string(module), .integer(total.learners), .integer(total.scores.count),
                .number(total.scores.mean), .number(total.taken.mean.map { $0 / 60 }))
        }
    }
}
