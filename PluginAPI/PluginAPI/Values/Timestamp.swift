/// A moment: microseconds since 1970 UTC.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    @inlinable
    public init(microseconds: Int64) { self.microseconds = microseconds }

    @inlinable
    public init(seconds: Int64) { self.microseconds = seconds &* 1_000_000 }

    /// Before every event: what a "latest so far" starts from.
    public static let distantPast = Timestamp(microseconds: .min)

    /// Whole seconds since 1970 UTC, rounded down.
    @inlinable
    public var seconds: Int64 {
        let quotient = microseconds / 1_000_000
        return microseconds % 1_000_000 < 0 ? quotient - 1 : quotient
    }

    /// Whole hours since 1970 UTC, rounded down: the value of the key part `.hour`.
    @inlinable
    public var hour: Int {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 3_600)
        return Int(remainder < 0 ? quotient - 1 : quotient)
    }

    /// The day in UTC: its number is the value of the key part `.day`.
    @inlinable
    public var day: Day {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 86_400)
        return Day(number: Int(remainder < 0 ? quotient - 1 : quotient))
    }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }
}

extension Timestamp: StateCoding {
    @inlinable
    public func encode(into writer: inout StateWriter) { writer.integer(microseconds) }
    @inlinable
    public init(from reader: inout StateReader) throws { microseconds = try reader.integer() }
}

extension Timestamp: CustomStringConvertible {
    /// RFC 3339 in UTC, with microseconds where there are any.
    public var description: String {
        let fraction = Int(microseconds - seconds &* 1_000_000)
        let second = Int(seconds) - day.number * 86_400
        var text =
            "\(day)T" + twoDigits(second / 3_600) + ":" + twoDigits(second / 60 % 60) + ":" + twoDigits(second % 60)
        if fraction != 0 {
            let digits = String(fraction)
            text += "." + String(repeating: "0", count: 6 - digits.count) + digits
        }
        return text + "Z"
    }
}

func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
