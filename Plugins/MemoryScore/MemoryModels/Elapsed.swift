package import PluginAPI

extension Timestamp {
    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// Days from `other` to this, with their fraction; below 0 if `other` is later.
    package func days(since other: Timestamp) -> Double {
        Double(microseconds &- other.microseconds) / Double(Timestamp.microsecondsPerDay)
    }

    /// Whole days from `other` to this, rounded down; 0 if `other` is later.
    package func wholeDays(since other: Timestamp) -> Int {
        max(0, Int((microseconds &- other.microseconds) / Timestamp.microsecondsPerDay))
    }

    /// So many days later, rounded to microseconds.
    package func advanced(byDays days: Double) -> Timestamp {
        advanced(by: Int64((days * Double(Timestamp.microsecondsPerDay)).rounded()))
    }

    /// So many microseconds later.
    package func advanced(by microseconds: Int64) -> Timestamp {
        Timestamp(microseconds: self.microseconds &+ microseconds)
    }
}
