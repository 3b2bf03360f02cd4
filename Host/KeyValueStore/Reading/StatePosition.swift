/// What the cursor of a scan begins with while it is among the values that are no states.
let valueCursor = "="

/// Where a scan goes on among the states.
struct StatePosition {
    let pile: Int
    let scope: StateKey.Scope
    let hash: Int64

    static let first = StatePosition(pile: .min, scope: .internal, hash: .min)

    init(pile: Int, scope: StateKey.Scope, hash: Int64) {
        self.pile = pile
        self.scope = scope
        self.hash = hash
    }

    /// Nil if the text is no cursor.
    init?(_ text: String) {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count == 3, let pile = Int(parts[0]), let scope = StateKey.Scope(rawValue: parts[1]),
            let hash = Int64(parts[2])
        else { return nil }
        self.init(pile: pile, scope: scope, hash: hash)
    }

    var text: String { "\(pile)/\(scope.rawValue)/\(hash)" }
}
