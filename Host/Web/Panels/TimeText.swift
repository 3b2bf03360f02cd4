import PluginHost

/// Times as people read them, in UTC.
enum TimeText {
    /// `2015-04-06 13:05:22`; with a bucket only what it leaves: `2015-04-06 13:05`, `2015-04-06 13:00`, `2015-04-06`.
    static func text(_ microseconds: Int64, bucket: TimeBucket? = nil) -> String {
        let days = floorDivide(microseconds, TimeBucket.day.microseconds)
        let seconds = (microseconds - days * TimeBucket.day.microseconds) / 1_000_000
        let date = civil(days)
        let dateText = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        let minuteText = "\(dateText) \(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2))"
        return switch bucket {
        case .day: dateText
        case .hour, .minute: minuteText
        case nil: "\(minuteText):\(padded(seconds % 60, 2))"
        }
    }

    /// The start of the step that holds the time.
    static func floor(_ microseconds: Int64, to bucket: TimeBucket) -> Int64 {
        floorDivide(microseconds, bucket.microseconds) * bucket.microseconds
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-(value + 1)) / divisor) - 1
    }

    /// The Gregorian date of a day since 1970: years begin in March here, so that a leap day comes last.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
