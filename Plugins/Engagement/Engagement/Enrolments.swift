import PluginAPI

/// An enrolment or its end.
struct EnrolmentEvent: EventInput {
    let user: Int
    let isEnrolled: Bool
    let time: Timestamp
    let day: Day

    init(_ event: Event) throws {
        // Newer platforms write the id as a text.
        if let text = event.textIfAny("event.user_id") {
            guard let id = Int(text.string) else {
                throw EventError(field: "event.user_id", expected: "a user's number", found: "“\(text)”")
            }
            user = id
        } else {
            user = try event.integer("event.user_id")
        }
        isEnrolled = event.type == "edx.course.enrollment.activated"
        time = event.time
        day = event.textIfAny("time").flatMap { Day(isoPrefix: $0) } ?? event.time.day
    }
}

/// Who was enrolled in a course at the end of which day.
struct Enrolments: SpreadReducer {
    static let id = "enrolments"
    static let version = 1
    static let events: EventFilter = .types("edx.course.enrollment.activated", "edx.course.enrollment.deactivated")
    static let key: Key = [.field("event.course_id")]

    typealias Input = EnrolmentEvent

    struct State: ReducerState {
        /// By the user's number in the platform's database.
        var users: [Int: Enrolment] = [:]
    }

    /// One user's enrolment: the last change of each day, by the day's number.
    struct Enrolment: Codable, Equatable {
        var days: [Int: Change] = [:]

        func isEnrolled(atEndOf day: Day) -> Bool {
            let last = days.keys.filter { $0 <= day.number }.max()
            return last.flatMap { days[$0]?.isEnrolled } ?? false
        }

        mutating func add(_ change: Change, on day: Int) {
            if let other = days[day], !other.isBefore(change) { return }
            days[day] = change
        }
    }

    struct Change: Codable, Equatable {
        var time: Timestamp
        var isEnrolled: Bool

        /// Of two changes at one moment the end of the enrolment is the later.
        func isBefore(_ other: Change) -> Bool {
            time == other.time ? isEnrolled && !other.isEnrolled : time < other.time
        }
    }

    static func reduce(_ state: inout State, _ event: EnrolmentEvent) {
        let change = Change(time: event.time, isEnrolled: event.isEnrolled)
        state.users[event.user, default: Enrolment()].add(change, on: event.day.number)
    }

    static func merge(_ state: inout State, _ other: State) {
        for (user, enrolment) in other.users {
            for (day, change) in enrolment.days { state.users[user, default: Enrolment()].add(change, on: day) }
        }
    }
}
