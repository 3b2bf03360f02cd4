import PluginAPI

let userContext = Enricher("user-context", as: "user_context", by: .actor)
    .description("Who the learner is: plan, country, history, device and time zone.")
    .member("user_type", .text)
    .member("country", .text)
    .member("jurisdiction", .text)
    .member("study_streak", .integer)
    .member("average_score", .number)
    .member("recent_scores", .json)
    .member("preferred_device", .text)
    .member("timezone", .text)
    .member("total_sessions", .integer)
    .member("total_attempts", .integer)
    .query(
        """
        SELECT user_type, country, jurisdiction, study_streak, average_score, recent_scores, preferred_device, timezone,
            total_sessions, total_attempts
        FROM learners WHERE user_id = $1
        """)

/// - Parameter field: the field that names the item.
func itemContext(by field: String) -> Enricher {
    Enricher("item-context", as: "item_context", by: .field(field))
        .description("What the item is like: difficulty from 0 to 1, topics, and how it goes with others.")
        .member("difficulty", .number)
        .member("topics", .json)
        .member("average_score", .number)
        .member("average_time", .number)
        .member("popularity", .number)
        .member("cognitive_level", .text)
        .query(
            """
            SELECT difficulty, topics, average_score, average_time, popularity, cognitive_level
            FROM items WHERE item_id = $1
            """)
}
