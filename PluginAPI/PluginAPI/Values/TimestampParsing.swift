extension Timestamp {
    /// Reads `YYYY-MM-DDTHH:MM:SS[.digits](Z|+HH:MM|-HH:MM)`, as RFC 3339 has it: real calendar values, upper-case
    /// letters, years 1 to 9999. Digits beyond microseconds are dropped.
    public init?(rfc3339 text: Text) {
        let bytes = text.utf8
        guard bytes.count >= 20, let day = Day(isoPrefix: text), day.number >= Timestamp.firstDay,
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let hour = Day.decimal(bytes[11..<13]), let minute = Day.decimal(bytes[14..<16]),
            let second = Day.decimal(bytes[17..<19]), hour < 24, minute < 60, second < 60
        else { return nil }

        var index = 19
        var fraction = 0
        if bytes[index] == UInt8(ascii: ".") {
            let first = index + 1
            var unit = 100_000
            index = first
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
                fraction += Int(bytes[index] &- UInt8(ascii: "0")) * unit
                unit /= 10
                index += 1
            }
            guard index > first else { return nil }
        }
        guard let offset = Timestamp.offset(bytes[index...]) else { return nil }
        let seconds = day.number * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    private static let firstDay = -719_162

    /// Seconds east of UTC.
    private static func offset(_ zone: Slice<UnsafeRawBufferPointer>) -> Int? {
        let first = zone.startIndex
        if zone.count == 1 { return zone[first] == UInt8(ascii: "Z") ? 0 : nil }
        guard zone.count == 6, zone[first + 3] == UInt8(ascii: ":"),
            let hours = Day.decimal(zone.base[first + 1..<first + 3]),
            let minutes = Day.decimal(zone.base[first + 4..<first + 6]), hours < 24, minutes < 60
        else { return nil }
        switch zone[first] {
        case UInt8(ascii: "+"): return hours * 3_600 + minutes * 60
        case UInt8(ascii: "-"): return -(hours * 3_600 + minutes * 60)
        default: return nil
        }
    }
}
