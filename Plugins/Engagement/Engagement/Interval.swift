import PluginAPI

/// The days that the reports cover; either end may be open.
struct Interval: Equatable {
    var first: Day?
    var last: Day?

    /// More days are most likely a mistake in a year.
    static let longest = 3_660

    init(first: Day? = nil, last: Day? = nil) {
        self.first = first
        self.last = last
    }

    init(_ bounds: Engagement.Settings.Bounds) throws {
        func day(_ name: String, _ text: String?) throws -> Day? {
            guard let text else { return nil }
            guard let day = Day(text) else { throw SettingsError(name, expected: "a date, YYYY-MM-DD", found: text) }
            return day
        }
        first = try day("interval.start", bounds.start)
        let end = try day("interval.end", bounds.end)
        last = end?.advanced(by: -1)
        guard let first, let end else { return }
        guard first < end, end.number - first.number <= Interval.longest else {
            throw SettingsError(
                "interval.end", expected: "a day after interval.start (\(first)), within \(Interval.longest) days",
                found: "\(end)")
        }
    }

    func contains(_ day: Day) -> Bool {
        if let first, day < first { return false }
        if let last, day > last { return false }
        return true
    }

    /// The day that the week of a day ends with.
    func weekEnd(of day: Day) -> Day {
        let lastWeekday = last?.weekday ?? 7
        return day.advanced(by: (lastWeekday - day.weekday + 7) % 7)
    }
}
