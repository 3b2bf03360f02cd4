/// Which events a reducer takes, by their types.
public enum EventFilter: Sendable {
    case all
    case only([String])

    public static func types(_ types: String...) -> EventFilter { .only(types) }

    var types: [String] {
        switch self {
        case .all: []
        case .only(let types): types
        }
    }
}
