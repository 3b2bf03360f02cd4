import Glibc
import Synchronization

/// The time zones that the system knows, and offsets from UTC. Any thread.
public enum TimeZones {
    private static let known = Mutex<[String: LocalTimeZone?]>([:])
    /// More names than there are zones.
    private static let limit = 2_000
    private static let folder = "/usr/share/zoneinfo/"

    /// A zone by its name (`Europe/Berlin`), or an offset from UTC (`+02:00`, `-0530`, `Z`). Nil: there is none of that name.
    public static func zone(named name: String) -> LocalTimeZone? {
        known.withLock { known in
            if let zone = known[name] { return zone }
            if known.count >= limit { known.removeAll() }
            let zone = offset(name).map { LocalTimeZone(offset: $0) } ?? file(name).flatMap(LocalTimeZone.init(file:))
            known[name] = zone
            return zone
        }
    }

    /// Seconds east of UTC.
    private static func offset(_ text: String) -> Int? {
        if text == "Z" { return 0 }
        guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
        let digits = text.dropFirst().filter { $0 != ":" }
        guard digits.count == 4, digits.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(digits),
            number / 100 < 24, number % 100 < 60
        else { return nil }
        let seconds = (number / 100 * 60 + number % 100) * 60
        return sign == "-" ? -seconds : seconds
    }

    /// The zone's file, as it is; nil if the name is no zone's.
    private static func file(_ name: String) -> [UInt8]? {
        let isName = name.utf8.allSatisfy { byte in
            48...57 ~= byte || 65...90 ~= byte || 97...122 ~= byte || [43, 45, 47, 95].contains(byte)
        }
        // No way out of the folder: there is no full stop.
        guard isName, !name.isEmpty, !name.hasPrefix("/"), let stream = fopen(folder + name, "rb") else { return nil }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, stream)
        return Array(bytes.prefix(count))
    }
}
