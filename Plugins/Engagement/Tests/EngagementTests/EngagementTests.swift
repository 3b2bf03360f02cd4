import PluginTesting
import Testing

/// A row of the daily, weekly or overall report.
struct ReportRow: Decodable {
    var date: String
    var username: String
    var cohort: String
    var days_active: Int
    var problems_attempted: Int
    var problem_attempts: Int
    var problems_correct: Int
    var upvotes_given: Int
    var downvotes_given: Int
    var upvotes_received: Int
    var downvotes_received: Int
    var last_subsection: String
}

struct CourseDay: Decodable {
    var day: String
    var learners: Int
    var problem_attempts: Int
}

@Suite("Engagement", .enabled(if: Lectern.isExpected, "SKIPPED: no lectern, set LECTERN_BIN"))
struct EngagementTests {
    private let roster = [
        #"{"event_type":"roster.user","id":1,"username":"bea","email":"bea@example.com"}"#,
        #"{"event_type":"roster.user","id":2,"username":"cyd","email":"cyd@example.com"}"#,
        #"{"event_type":"roster.group","id":7,"name":"best","course_id":"o/c/r","group_type":"cohort"}"#,
        #"{"event_type":"roster.group","id":8,"name":"elsewhere","course_id":"o/c/other","group_type":"cohort"}"#,
        #"{"event_type":"roster.member","group_id":7,"user_id":2}"#,
        #"{"event_type":"roster.member","group_id":8,"user_id":1}"#,
    ]

    private func enrolled(_ user: Int, _ time: String, _ what: String = "activated") -> String {
        #"{"event_type":"edx.course.enrollment.\#(what)","username":"","time":"\#(time)","event":{"course_id":"o/c/r","user_id":\#(user)}}"#
    }

    private func event(_ type: String, _ user: String, _ time: String, _ data: String = "{}") -> String {
        #"{"event_type":"\#(type)","username":"\#(user)","course":"o/c/r","event_source":"server","time":"\#(time)","event":\#(data)}"#
    }

    private func fold(_ lines: [String], _ settings: [String: String] = [:]) throws -> Folded {
        let settings = Dictionary(
            uniqueKeysWithValues: settings.map { ("plugins.engagement.settings.interval.\($0)", $1) })
        return try PluginUnderTest("engagement", settings: settings).foldEveryWay(.lines(roster + lines))
    }

    @Test("votes count for the giver, and for the one who gets them")
    func votes() throws {
        let folded = try fold([
            enrolled(1, "2015-04-01T00:00:00Z"), enrolled(2, "2015-04-01T00:00:00Z"),
            event(
                "edx.forum.thread.voted", "bea", "2015-04-07T10:00:00Z", #"{"vote_value":"up","target_username":"cyd"}"#
            ),
            event(
                "edx.forum.response.voted", "bea", "2015-04-07T11:00:00Z",
                #"{"vote_value":"up","target_username":"cyd"}"#),
            event(
                "edx.forum.thread.voted", "bea", "2015-04-08T10:00:00Z",
                #""{\"vote_value\":\"up\",\"undo_vote\":true,\"target_username\":\"cyd\"}""#),
            event(
                "edx.forum.thread.voted", "cyd", "2015-04-07T10:00:00Z",
                #"{"vote_value":"down","target_username":"bea"}"#),
            event(
                "edx.forum.comment.voted", "cyd", "2015-04-09T10:00:00Z",
                #"{"vote_value":"down","target_username":"bea"}"#),
            event(
                "edx.forum.thread.voted", "cyd", "2015-04-10T10:00:00Z",
                #"{"vote_value":"sideways","target_username":"bea"}"#),
            event(
                "edx.forum.thread.voted", "", "2015-04-10T10:00:00Z", #"{"vote_value":"down","target_username":"bea"}"#),
        ])
        #expect(folded.deadLetters.map(\.reason) == [])
        let rows = try folded.rows(of: "engagement_all", as: ReportRow.self)
        #expect(rows.map(\.username) == ["bea", "cyd"])
        #expect(rows.map(\.date) == ["2015-04-09", "2015-04-09"])
        #expect(rows.map(\.upvotes_given) == [1, 0])
        #expect(rows.map(\.downvotes_given) == [0, 1])
        #expect(rows.map(\.upvotes_received) == [0, 1])
        #expect(rows.map(\.downvotes_received) == [1, 0])
        #expect(rows.map(\.days_active) == [3, 3])
        #expect(rows.map(\.cohort) == ["", "best"])
    }

    @Test("who has no activity has rows of zeros; who is not enrolled at the day's end has none")
    func enrolment() throws {
        let folded = try fold(
            [
                enrolled(1, "2015-04-01T00:00:00Z"), enrolled(2, "2015-04-02T00:00:00Z"),
                enrolled(2, "2015-04-08T20:00:00Z", "deactivated"), enrolled(2, "2015-04-10T20:00:00Z"),
                enrolled(99, "2015-04-02T00:00:00Z"),
                event("problem_check", "bea", "2015-04-07T10:00:00Z", #"{"problem_id":"p","success":"correct"}"#),
                event("problem_check", "bea", "2015-04-08T10:00:00Z", #"{"problem_id":"p","success":"incorrect"}"#),
                event("problem_check", "bea", "2015-04-08T11:00:00Z", #"{"problem_id":"q","success":"incorrect"}"#),
                event("/courses/o/c/r/courseware/a/b/2", "bea", "2015-04-08T12:00:00Z"),
                event("/courses/o/c/r/courseware/a/b/1", "bea", "2015-04-08T11:00:00Z"),
                event("/courses/o/c/r/courseware/a", "bea", "2015-04-08T13:00:00Z"),
                event("book", "cyd", "2015-04-09T11:00:00Z"), event("book", "ghost", "2015-04-06T11:00:00Z"),
                event("book", "bea", "2015-04-20T00:00:00Z"),
            ], ["start": "2015-04-06", "end": "2015-04-13"])
        let days = try folded.rows(of: "engagement_daily", as: ReportRow.self)
        #expect(
            days.map { "\($0.date) \($0.username) \($0.days_active) \($0.problem_attempts)" } == [
                "2015-04-07 bea 1 1", "2015-04-07 cyd 0 0", "2015-04-08 bea 1 2",
            ])
        let weeks = try folded.rows(of: "engagement_weekly", as: ReportRow.self)
        #expect(
            weeks.map { "\($0.date) \($0.username) \($0.days_active) \($0.problems_attempted)" } == [
                "2015-04-12 bea 2 2", "2015-04-12 cyd 1 0",
            ])
        #expect(weeks.map(\.problems_correct) == [1, 0])
        #expect(weeks.map(\.last_subsection) == ["/courses/o/c/r/courseware/a/b/2", ""])
        let totals = try folded.rows(of: "course_days", as: CourseDay.self)
        #expect(totals.map(\.learners) == [1, 1, 1, 1, 1])
        #expect(totals.map(\.problem_attempts) == [0, 1, 2, 0, 0])
    }

    @Test(
        "settings that make no sense are refused by name",
        arguments: [
            (["start": "April"], "setting interval.start: expected a date, YYYY-MM-DD, found April"),
            (
                ["start": "2015-04-06", "end": "2015-04-06"],
                "setting interval.end: expected a day after interval.start"
            ),
            (["begin": "2015-04-06"], "setting interval.begin: expected one of end, start, found an unknown setting"),
        ])
    func settings(settings: [String: String], reason: String) {
        let error = #expect(throws: PluginTestError.self) { try fold([], settings) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }
}
