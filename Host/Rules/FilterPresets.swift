import Settings

extension FilterRule {
    /// The rules that the setting `filters.presets` turns on by their names. They mark and route: none blocks.
    package static let presets: [FilterRule] = [rapidFire, highValue, bots, perfectScore, newUsers]

    private static let quizzes = ["module_quiz_completed", "diagnostic_quiz_completed", "attempt_submitted"]

    /// Attempts of less than a second.
    private static var rapidFire: FilterRule {
        var rule = FilterRule("rapid-fire")
        rule.types = quizzes
        rule.when = .any([
            .test(field: "time_taken", .below(1)), .test(field: "response_time_ms", .below(1000)),
        ])
        rule.mark = rule.name
        return rule
    }

    /// Whatever premium users do.
    private static var highValue: FilterRule {
        var rule = FilterRule("high-value")
        rule.when = .any([
            .test(field: "user_type", .equals(.text("premium"))),
            .test(field: "user_context.user_type", .equals(.text("premium"))),
        ])
        rule.action = .route
        rule.routes = [rule.name]
        return rule
    }

    /// Automated traffic, by the name that the client gives itself.
    private static var bots: FilterRule {
        var rule = FilterRule("bots")
        rule.when = .test(
            field: "server.agent",
            .matches("(?i)bot\\b|crawl|spider|slurp|headless|phantomjs|selenium|curl/|wget/|python-requests"))
        rule.mark = "bot"
        return rule
    }

    /// Sessions or quizzes of several items without one mistake.
    private static var perfectScore: FilterRule {
        var rule = FilterRule("perfect-score")
        rule.when = .all([
            .any([.test(field: "accuracy", .atLeast(1)), .test(field: "score", .atLeast(100))]),
            .test(field: "items_attempted", .atLeast(10)),
        ])
        rule.mark = rule.name
        return rule
    }

    /// What users do who are new.
    private static var newUsers: FilterRule {
        var rule = FilterRule("new-users")
        rule.when = .any([
            .test(field: "is_new_user", .equals(.boolean(true))), .test(field: "total_sessions", .atMost(1)),
            .test(field: "user_context.total_sessions", .atMost(1)),
        ])
        rule.action = .route
        rule.routes = ["onboarding"]
        return rule
    }
}
