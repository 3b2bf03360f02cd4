extension DeadLetter {
    /// What was wrong, for programs: the names never change. Each belongs to one stage.
    package enum Code: String, Sendable, CaseIterable {
        /// Not a JSON object, or not UTF-8.
        case notJSON = "not-json"
        /// A binary WebSocket message.
        case binary
        /// The event names no type, or one that is too long.
        case noType = "no-type"
        /// The event came to the address of a type, and does not fit that type's schema.
        case unfit
        /// `lock_fields` without an object of fields.
        case badLock = "bad-lock"
        /// What should say who the actor is can't be understood.
        case badIdentity = "bad-identity"
        /// The connection ended before anybody said whose the event is.
        case noIdentity = "no-identity"
        /// Too much waits already for somebody to say whose it is.
        case backlogFull = "backlog-full"
        /// More bytes than a limit allows.
        case tooLarge = "too-large"
        /// A rule does not take events of this domain for now.
        case blocked
        /// It came after its connection had ended, by `terminate` or by a rule.
        case afterEnd = "after-end"
        /// `save_blob` or `fetch_blob` that does not say which blob is meant, or without a value.
        case badBlob = "bad-blob"
        /// A source plugin could not read the line.
        case badLine = "bad-line"
        /// A source plugin made an event of the line that is none.
        case badEvent = "bad-event"
        /// Another event with its id came before, with other content.
        case conflict
        /// A filter rule could not be evaluated.
        case unfiltered
        /// A reducer's `read` rejected the event.
        case unreadable
        /// A plugin was ended by the event, each time that it was tried.
        case harmful

        package var stage: Stage {
            switch self {
            case .notJSON, .binary, .noType, .unfit, .badLock: .decode
            case .badIdentity, .noIdentity, .backlogFull: .authenticate
            case .tooLarge, .blocked, .afterEnd, .badBlob: .protect
            case .badLine, .badEvent: .source
            case .conflict: .dedup
            case .unfiltered: .filter
            case .unreadable: .read
            case .harmful: .reduce
            }
        }
    }
}
