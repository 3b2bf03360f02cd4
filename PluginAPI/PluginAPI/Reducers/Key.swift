import CPluginAPI

/// Which state an event belongs to: 1 to 8 parts, for instance `[.actor, .field("module")]`.
public struct Key: ExpressibleByArrayLiteral, Hashable, Sendable {
    public enum Part: Hashable, Sendable {
        /// The event's actor.
        case actor
        /// A field by its name or path: a text, an integer or a boolean.
        case field(String)
        /// Whole hours since 1970 UTC of the event's time.
        case hour
        /// Whole days since 1970 UTC of the event's time.
        case day
        /// The start of a window that holds the event's time, as an RFC 3339 text in UTC. For a `WindowedReducer`.
        case window
    }

    public let parts: [Part]

    public init(arrayLiteral parts: Part...) { self.parts = parts }
}

extension Key.Part {
    /// Its name in a key's text.
    var name: String {
        switch self {
        case .actor: "actor"
        case .field(let path): path
        case .hour: "hour"
        case .day: "day"
        case .window: "window"
        }
    }

    var declaration: lectern_key_part {
        let name = Permanent.text(name)
        return switch self {
        case .actor: lectern_key_part(kind: LECTERN_KEY_ACTOR, flags: 0, path: lectern_text(), name: name)
        case .field: lectern_key_part(kind: LECTERN_KEY_FIELD, flags: 0, path: name, name: name)
        case .hour: lectern_key_part(kind: LECTERN_KEY_HOUR, flags: 0, path: lectern_text(), name: name)
        case .day: lectern_key_part(kind: LECTERN_KEY_DAY, flags: 0, path: lectern_text(), name: name)
        case .window: lectern_key_part(kind: LECTERN_KEY_WINDOW, flags: 0, path: lectern_text(), name: name)
        }
    }
}
