import CPluginAPI
import Records

/// A way for a client to say who it is, within its events. Both are for tests and open classes: neither proves
/// anything.
package enum AuthenticationMethod: String, Sendable, CaseIterable {
    /// An event, or the locked fields, carry a `user_id`: the client is the user `testcase-<user_id>`.
    case testcase
    /// Whoever sends an event is a guest with a new random id.
    case guest

    enum Outcome {
        case identity(Identity)
        /// This event says nothing to this method.
        case nothing
        /// The event means to authenticate, in a way that can't be understood.
        case malformed(String)
    }

    /// What the method makes of an event whose `user_id`, locked fields applied, is `userID`.
    func authenticate(userID: lectern_value, longest: Int) -> Outcome {
        switch self {
        case .testcase:
            switch userID.tag {
            case LECTERN_MISSING, LECTERN_NULL: return .nothing
            case LECTERN_TEXT where userID.length == 0: return .nothing
            case LECTERN_TEXT where userID.length > longest:
                return .malformed("\"user_id\" has \(userID.length) bytes, at most \(longest) are allowed")
            case LECTERN_TEXT:
                return .identity(.testcase(userID.string))
            default:
                return .malformed("\"user_id\" is \(userID.kindName), expected a text")
            }
        case .guest:
            return .identity(.guest())
        }
    }
}

extension Identity {
    static func testcase(_ id: String) -> Identity {
        Identity(userID: "testcase-" + id, security: .unauthenticated, provenance: "tc")
    }

    static func guest() -> Identity {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<32).map { _ in Array("0123456789abcdef")[Int.random(in: 0..<16, using: &generator)] }
        return Identity(userID: String(digits), security: .none, provenance: "guest")
    }
}

extension lectern_value {
    /// The text, or nothing for a value that is none.
    var string: String { text.map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// What a value is, in a sentence for people.
    var kindName: String {
        switch tag {
        case LECTERN_MISSING: "missing"
        case LECTERN_NULL: "null"
        case LECTERN_FALSE, LECTERN_TRUE: "true or false"
        case LECTERN_INTEGER, LECTERN_NUMBER: "a number"
        case LECTERN_TEXT: "a text"
        default: "an object or an array"
        }
    }
}
