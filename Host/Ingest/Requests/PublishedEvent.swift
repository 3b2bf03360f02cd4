/// The events that have an address of their own, `/api/events/NAME`: there a body needs not say what type it is, and an
/// event that does not fit its `schema` is not taken.
package enum PublishedEvent: String, Sendable, CaseIterable {
    case login, domain, diagnostic, quiz, completion, revision

    /// The type of events that name none.
    var type: StaticString {
        switch self {
        case .login: "user_login"
        case .domain: "learning_domain_selected"
        case .diagnostic: "diagnostic_quiz_completed"
        case .quiz: "module_quiz_completed"
        case .completion: "module_completed"
        case .revision: "revision_recommended"
        }
    }

    /// The type as a field that the server sets: the payload stays as it arrived.
    var fields: StaticString {
        switch self {
        case .login: #"{"event_type":"user_login"}"#
        case .domain: #"{"event_type":"learning_domain_selected"}"#
        case .diagnostic: #"{"event_type":"diagnostic_quiz_completed"}"#
        case .quiz: #"{"event_type":"module_quiz_completed"}"#
        case .completion: #"{"event_type":"module_completed"}"#
        case .revision: #"{"event_type":"revision_recommended"}"#
        }
    }
}

extension StaticString {
    /// Valid as long as the process.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}
