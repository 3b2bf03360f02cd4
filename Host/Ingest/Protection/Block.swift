import Records
import Settings

/// What a rule says of events that are not taken.
struct Block: Sendable, Equatable {
    /// What the client is to do, from the mildest on.
    enum Action: String, Sendable, CaseIterable {
        /// Go on.
        case transmit = "TRANSMIT"
        /// Keep its events, and come back later.
        case maintain = "MAINTAIN"
        /// Drop its events, and not come back.
        case drop = "DROP"
    }

    /// When a client that maintains its events is to come back.
    enum Limit: Sendable, Equatable {
        case named(String)
        case milliseconds(Double)

        static let names = ["PERMANENT", "MINUTES", "DAYS"]

        init?(_ text: String) {
            let name = text.uppercased()
            if Self.names.contains(name) {
                self = .named(name)
            } else if let number = Double(text), number >= 0, number.isFinite {
                self = .milliseconds(number)
            } else {
                return nil
            }
        }

        func append(to bytes: inout Bytes) {
            switch self {
            case .named(let name): bytes.appendJSON(name)
            case .milliseconds(let number):
                bytes.append(number == number.rounded() && number < 1e15 ? "\(Int64(number))" : "\(number)")
            }
        }
    }

    let action: Action
    let limit: Limit
    /// The rule that says so; nil: none does, and this is the default.
    let place: RulePlace?

    /// For dead letters and requests.
    var reason: String {
        let what = action == .drop ? "are not taken" : "are not taken for now"
        return "events of this domain \(what): \(action.rawValue)\(place.map { ", says the rule at \($0)" } ?? "")"
    }

    /// What clients of Learning Observer understand.
    var reply: String {
        var bytes = Bytes()
        bytes.append("{\"status\":\"blocklist\",\"action\":\"\(action.rawValue)\",\"time_limit\":")
        (action == .drop ? Limit.named("PERMANENT") : limit).append(to: &bytes)
        let message = action == .drop ? "Do not send more messages to me" : "You are blocked for now"
        bytes.append(",\"message\":\"\(message)\"}")
        return bytes.string
    }
}
