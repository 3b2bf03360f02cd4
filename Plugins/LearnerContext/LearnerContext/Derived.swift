import LocalTime
import PluginAPI

/// What follows from an event and what is known of its learner and item.
enum Derived {
    static let responseTime = Function(
        "response_time_category", "seconds", .nullable("average")
    ) { (seconds: Double, average: Double) -> FunctionText in
        guard seconds >= 1 else { return seconds < 0 ? .null : "rapid" }
        let usual = average > 0 ? average : 30
        return seconds < usual / 2 ? "fast" : seconds <= usual * 1.5 ? "normal" : "slow"
    }
    .title("Response time")
    .description(
        "How long an answer took against what it takes on average (half a minute, if that is not known): rapid (less than a "
            + "second), fast, normal or slow."
    )
    .test(0.4, 20, gives: "rapid").test(5, 20, gives: "fast").test(20, 20, gives: "normal").test(40, 20, gives: "slow")
    .test(20, nil, gives: "normal").test(-1, 20, gives: nil)

    static let difficultyMatch = Function(
        "difficulty_match", "average", "difficulty"
    ) { (average: Double, difficulty: Double) -> FunctionText in
        let gap = difficulty - average / 100
        return gap < -0.2 ? "easy" : gap > 0.2 ? "hard" : "matched"
    }
    .title("Difficulty match")
    .description(
        "Whether an item of some difficulty (0 to 1) is easy, matched or hard for whoever has this average score (percent)."
    )
    .test(80, 0.3, gives: "easy").test(80, 0.7, gives: "matched").test(30, 0.8, gives: "hard")

    static let timeOfDay = Function(
        "time_of_day",
        calling: { (time: Int, zone: FunctionText) -> FunctionText in
            let name = Text(zone).string
            guard let zone = TimeZones.zone(named: name), let hour = zone.hour(atMicroseconds: Int64(time)) else {
                return .null
            }
            return hour < 6 ? "night" : hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening"
        } as @convention(c) (Int, FunctionText) -> FunctionText, .time("time"), "timezone"
    )
    .title("Time of day")
    .description(
        "The part of the day in a time zone (Europe/Berlin, or +02:00): night, morning, afternoon or evening, of six hours each."
    )
    // It reads the system's time zones.
    .impure()
    .expensive()
    .test(.time(Timestamp(microseconds: 0)), "+02:00", gives: "night")
    .test(.time(Timestamp(microseconds: 0)), "-06:00", gives: "evening")
    .test(.time(Timestamp(microseconds: 12 * 3_600_000_000)), "Z", gives: "afternoon")
    .test(.time(Timestamp(microseconds: 0)), "nowhere", gives: nil)

    static let performance = Function(
        "performance_vs_expected", "score", .nullable("own"), .nullable("others")
    ) { (score: Double, own: Double, others: Double) -> Double in
        if own.isNaN { return score - others }
        return others.isNaN ? score - own : score - (own + others) / 2
    }
    .title("Performance against what was expected")
    .description(
        "How much a score is above (or below) what the learner usually has and what others have on the item: points of percent."
    )
    .test(90, 70, 60, gives: 25).test(90, nil, 60, gives: 30).test(90, 70, nil, gives: 20).test(
        90, nil, nil, gives: nil)
}
