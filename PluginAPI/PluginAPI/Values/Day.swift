/// A day of the civil (Gregorian) calendar, without a time zone.
@frozen
public struct Day: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    public var number: Int

    @inlinable
    public init(number: Int) { self.number = number }

    /// A day by its date, or nil if there is none such.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= Day.length(ofMonth: month, year: year) else { return nil }
        // Years are counted from March, so that the leap day is a year's last.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        number = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Reads `YYYY-MM-DD`; anything may follow, as the time does in an ISO 8601 time stamp.
    public init?(isoPrefix text: Text) {
        guard text.count >= 10 else { return nil }
        let digits = text.utf8
        guard digits[4] == UInt8(ascii: "-"), digits[7] == UInt8(ascii: "-"),
            let year = Day.decimal(digits[0..<4]), let month = Day.decimal(digits[5..<7]),
            let day = Day.decimal(digits[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// Reads `YYYY-MM-DD`.
    public init?(_ string: String) {
        var string = string
        let day = string.withUTF8 { bytes in
            bytes.count == 10 ? Day(isoPrefix: Text(start: bytes.baseAddress, count: bytes.count)) : nil
        }
        guard let day else { return nil }
        self = day
    }

    /// Year, month (1 to 12) and day of the month.
    public var date: (year: Int, month: Int, day: Int) {
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month >= 10 ? month - 9 : month + 3, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    /// 1 for Monday to 7 for Sunday.
    public var weekday: Int { ((number + 3) % 7 + 7) % 7 + 1 }

    public func advanced(by days: Int) -> Day { Day(number: number + days) }

    /// The midnight in UTC that it begins with.
    public var start: Timestamp { Timestamp(seconds: Int64(number) * 86_400) }

    @inlinable
    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The value of a run of ASCII digits.
    static func decimal(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(digit &- UInt8(ascii: "0"))
        }
        return value
    }
}

extension Day: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.integer(Int64(number)) }
    @inlinable
    public init(from reader: inout StateReader) throws { number = Int(try reader.integer()) }
}

extension Day: CustomStringConvertible {
    /// `YYYY-MM-DD`.
    public var description: String {
        let (year, month, day) = date
        let digits = String(year)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "-" + twoDigits(month) + "-"
            + twoDigits(day)
    }
}
