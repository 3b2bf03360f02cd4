import PluginAPI
import Testing

@Suite("Days and times")
struct CalendarTests {
    @Test("every day of 1200 years is a date and comes back, one after the other")
    func days() {
        var previous = Day(year: 1599, month: 12, day: 31)!
        for number in previous.number + 1...previous.number + 438_000 {
            let day = Day(number: number)
            let (year, month, dayOfMonth) = day.date
            #expect(Day(year: year, month: month, day: dayOfMonth) == day)
            let before = previous.date
            let isNext =
                dayOfMonth == before.day + 1 && month == before.month
                || dayOfMonth == 1 && (month == before.month + 1 || month == 1 && before.month == 12)
            #expect(isNext)
            previous = day
        }
    }

    @Test(arguments: [
        ("1970-01-01", 0, 4), ("2015-04-12", 16_537, 7), ("2000-02-29", 11_016, 2), ("0001-01-01", -719_162, 1),
        ("1969-12-31", -1, 3),
    ])
    func known(date: String, number: Int, weekday: Int) throws {
        let day = try #require(Day(date))
        #expect(day.number == number)
        #expect(day.weekday == weekday)
        #expect(day.description == date)
    }

    @Test(arguments: ["2015-02-29", "2015-13-01", "2015-00-01", "2015-04-31", "2015-4-1", "2015-04-1x", "", "20150401"])
    func noDates(text: String) { #expect(Day(text) == nil) }

    @Test(arguments: [
        ("2025-01-26T10:30:00Z", 1_737_887_400_000_000), ("2025-01-26T10:30:00.5Z", 1_737_887_400_500_000),
        ("2025-01-26T12:30:00.123456789+02:00", 1_737_887_400_123_456), ("1969-12-31T23:59:59.999999Z", -1),
        ("2025-01-26T05:00:00-05:30", 1_737_887_400_000_000),
    ])
    func times(text: String, microseconds: Int64) throws {
        let time = try #require(parse(text))
        #expect(time.microseconds == microseconds)
        #expect(parse(time.description) == time)
    }

    @Test(arguments: [
        "2025-01-26 10:30:00Z", "2025-01-26T24:00:00Z", "2025-01-26T10:60:00Z", "2025-01-26T10:30:60Z",
        "2025-01-26T10:30:00", "2025-01-26T10:30:00.Z", "2025-02-30T10:30:00Z", "0000-01-01T00:00:00Z",
        "2025-01-26T10:30:00z", "2025-01-26T10:30:00+0200", "2025-01-26T10:30:00Z ", "2025-01-26T10:30:00+24:00",
    ])
    func noTimes(text: String) { #expect(parse(text) == nil) }

    @Test func hoursBefore1970() {
        #expect(Timestamp(microseconds: -1).hour == -1)
        #expect(Timestamp(microseconds: -1).day == Day(number: -1))
        #expect(Timestamp(seconds: 3_600).hour == 1)
    }

    private func parse(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { Timestamp(rfc3339: Text(start: $0.baseAddress, count: $0.count)) }
    }
}

@Suite("Texts")
struct TextTests {
    @Test func comparing() {
        let text: Text = "module_viewed"
        #expect(text == "module_viewed")
        #expect(text != "module_views")
        #expect(text == String("module_viewed"))
        #expect(text.hasPrefix("module"))
        #expect(text.hasSuffix("viewed"))
        #expect(!text.hasSuffix("a longer text than it is"))
        #expect(text.dropFirst(7) == "viewed")
        #expect(text.prefix(6).string == "module")
        #expect(text.firstIndex(of: UInt8(ascii: "_")) == 6)
        #expect(text.firstIndex(of: UInt8(ascii: "d"), from: 3) == 2 + 10)
        #expect(("a" as Text) < "ab")
        #expect(Text("").isEmpty)
        switch text {
        case "login": #expect(Bool(false))
        case "module_viewed": break
        default: #expect(Bool(false))
        }
    }
}
