/// How soon something should be revised.
package enum Urgency: String, Codable, Comparable, Sendable {
    case low, medium, high

    private var rank: Int {
        switch self {
        case .low: 0
        case .medium: 1
        case .high: 2
        }
    }

    package static func < (left: Urgency, right: Urgency) -> Bool { left.rank < right.rank }
}

/// From which forgetting score, 0 to 100, it is how urgent.
package struct UrgencyScale: Codable, Equatable, Sendable {
    package var medium = 10
    package var high = 20

    package init() {}

    package func urgency(_ forgetting: Int) -> Urgency {
        forgetting >= high ? .high : forgetting >= medium ? .medium : .low
    }
}
