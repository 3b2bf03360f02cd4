import PluginAPI

/// How often a learner chose a domain.
struct DomainSelections: Reducer {
    static let id = "domain-selections"
    static let version = 1
    static let events: EventFilter = .only(LearningEvent.selections)
    static let key: Key = [.actor, .field("domain")]

    typealias Input = LearningEvent

    struct State: ReducerState {
        var count = 0
        var last = Timestamp.distantPast
    }

    static func reduce(_ state: inout State, _ event: LearningEvent) {
        state.count += 1
        state.last.raise(to: event.time)
    }
}

/// How often a domain was chosen, and by how many learners.
struct DomainPopularity: Aggregator {
    typealias Of = DomainSelections
    static let id = "domain-popularity"
    static let group: Key = [.field("domain")]

    struct State: ReducerState {
        var selections = 0
        var learners = 0
    }

    static func add(_ total: inout State, _ key: KeyView, _ state: DomainSelections.State) {
        total.selections += state.count
        total.learners += 1
    }

    static func retract(_ total: inout State, _ key: KeyView, _ state: DomainSelections.State) {
        total.selections -= state.count
        total.learners -= 1
    }
}

/// A row for each domain that was chosen.
struct DomainPopularityTable: Table {
    typealias From = DomainPopularity
    let id = "domain_popularity"
    let title = "Popularity of domains"
    let columns: [Column] = [
        .text("domain", "Domain", key: true), .integer("selections", "Selections"), .integer("learners", "Learners"),
    ]

    func rows(_ key: KeyView, _ state: DomainPopularity.State, into rows: Rows) {
        rows.add(key[0], .integer(state.selections), .integer(state.learners))
    }
}
