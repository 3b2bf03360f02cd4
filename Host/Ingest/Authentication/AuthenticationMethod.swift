import CPluginAPI
import Records

/// A way for a client to say who it is. `jwt` and `http_basic` prove it; the others are Learning Observer's, for tests, for
/// open classes, and for clients whose word is taken. What a method finds never looks like an identity of another one, nor
/// what a client merely says like what is known: each begins safe ids in its own way.
package enum AuthenticationMethod: String, Sendable, CaseIterable {
    /// An event, or the locked fields, carry a `user_id`: the client is the user `testcase-<user_id>`.
    case testcase
    /// Whoever sends an event is a guest with a new random id.
    case guest
    /// A `user_tag` that the page has stored in the browser: the user `ls-<user_tag>`. Known tags stand in a file.
    case localStorage = "local_storage"
    /// The number that Chrome knows its user by, `chrome_identity.id`: the user `gc-<id>`.
    case chromebook
    /// A `hash` that a platform has made of its user: the user `hi-<hash>`.
    case hashIdentify = "hash_identify"
    /// A proxy has checked the user's password, and passes his `Authorization: Basic` header on: the user's name.
    case httpBasic = "http_basic"
    /// A JSON Web Token, in the header `Authorization: Bearer`, the parameter `token`, or the locked fields.
    case jwt

    /// The client can't be who it likes.
    package var isProven: Bool { self == .httpBasic || self == .jwt }

    enum Outcome {
        case identity(Identity)
        /// This event says nothing to this method.
        case nothing
        /// The event means to authenticate, in a way that can't be understood.
        case malformed(String)
    }

    /// The field that the method looks at; nil: none.
    var field: String? {
        switch self {
        case .testcase: "user_id"
        case .guest, .httpBasic, .jwt: nil
        case .localStorage: "user_tag"
        case .chromebook: "chrome_identity.id"
        case .hashIdentify: "hash"
        }
    }

    /// What the method makes of an event, locked fields applied.
    ///
    /// - Parameters:
    ///   - value: of each method's field.
    ///   - credentials: of the connection.
    ///   - users: the known tags.
    func authenticate(
        _ value: (AuthenticationMethod) -> lectern_value, _ credentials: Credentials, users: KnownUsers?, longest: Int
    ) -> Outcome {
        guard isProven || credentials.mayAssert else { return .nothing }
        switch self {
        // A token is verified when it is shown; until then the connection's events wait.
        case .jwt: return .nothing
        case .httpBasic:
            guard let user = credentials.proxyUser, user.utf8.count <= longest else { return .nothing }
            return .identity(Identity(userID: user, security: .authenticated, provenance: "nginx"))
        case .guest: return .identity(.guest())
        case .testcase:
            return text(value(self), longest) { .testcase($0) }
        case .localStorage:
            return text(value(self), longest) { tag in
                let isKnown = users?.contains(tag) ?? false
                // Where known tags are listed, others are nobody's.
                if !isKnown, users?.takesOthers == false { return nil }
                return Identity(
                    userID: "ls-" + tag, security: isKnown ? .authenticated : .unauthenticated, provenance: "ls")
            }
        case .hashIdentify:
            return text(value(self), longest) {
                Identity(userID: "hi-" + $0, security: .unauthenticated, provenance: "mch")
            }
        case .chromebook:
            let id = value(self)
            switch id.tag {
            case LECTERN_MISSING, LECTERN_NULL: return .nothing
            case LECTERN_INTEGER: return .identity(chromebook("\(id.as.integer)", value, users))
            // Clients send it as a text of digits.
            case LECTERN_TEXT:
                return text(id, longest) {
                    $0.allSatisfy(\.isASCIIDigit) ? chromebook($0, value, users) : nil
                }
            default: return .malformed("\"chrome_identity.id\" is \(id.kindName), expected a number")
            }
        }
    }

    /// As sure as the tag that comes with it, where `local_storage` is in use as well.
    private func chromebook(
        _ id: String, _ value: (AuthenticationMethod) -> lectern_value, _ users: KnownUsers?
    ) -> Identity {
        let tag = value(.localStorage).string
        let isKnown = !tag.isEmpty && users?.contains(tag) == true
        // Learning Observer gives both the same safe id; so whoever says the id would be the user who is known.
        return Identity(
            userID: "gc-" + id, security: isKnown ? .authenticated : .unauthenticated, provenance: "gcu",
            safeUserID: isKnown ? "gc-" + id : nil)
    }

    private func text(_ value: lectern_value, _ longest: Int, _ make: (String) -> Identity?) -> Outcome {
        let name = field ?? ""
        switch value.tag {
        case LECTERN_MISSING, LECTERN_NULL: return .nothing
        case LECTERN_TEXT where value.length == 0: return .nothing
        case LECTERN_TEXT where value.length > longest:
            return .malformed("\"\(name)\" has \(value.length) bytes, at most \(longest) are allowed")
        case LECTERN_TEXT: return make(value.string).map(Outcome.identity) ?? .nothing
        default: return .malformed("\"\(name)\" is \(value.kindName), expected a text")
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

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
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
