/// One alert: a rule's condition has held of one key for long enough.
package struct Alert: Codable, Sendable, Equatable {
    package enum State: String, Codable, Sendable { case firing, resolved }

    /// The same from its beginning to its end, and no other alert's.
    package let id: String
    package let rule: String
    /// What it is about: `plugin:quiz-analytics`, or the key columns of a row, `user_id:ada`.
    package let key: String
    package var state: State
    /// When its condition began to hold, and when it no longer did; microseconds since 1970 UTC.
    package let since: Int64
    package var until: Int64?
    /// What was found when it fired.
    package let value: String

    package init(
        id: String, rule: String, key: String, state: State = .firing, since: Int64, until: Int64? = nil, value: String
    ) {
        self.id = id
        self.rule = rule
        self.key = key
        self.state = state
        self.since = since
        self.until = until
        self.value = value
    }
}
