/// What clocks show somewhere.
public struct LocalTimeZone: Sendable {
    /// Seconds since 1970 UTC from which on an offset holds, and the offset, in seconds east of UTC; in the order of time.
    private let changes: [(from: Int64, offset: Int)]
    /// Before the first change.
    private let first: Int
    /// It goes on changing by a rule that is not in `changes`.
    private let hasRule: Bool

    /// The same all the time.
    init(offset: Int) {
        changes = []
        first = offset
        hasRule = false
    }

    /// By a file of the system's (RFC 8536), version 2 or later; nil if it is none.
    init?(file: [UInt8]) {
        var reader = Reader(bytes: file)
        // The first header is of data for old programs.
        guard let old = reader.header(), old.version >= 2 else { return nil }
        reader.at += old.size(timeBytes: 4)
        guard let header = reader.header() else { return nil }
        let times = (0..<header.times).map { _ in reader.integer(8) }
        let indices = (0..<header.times).map { _ in Int(reader.integer(1) & 0xff) }
        var offsets: [Int] = []
        for _ in 0..<header.types {
            offsets.append(Int(reader.integer(4)))
            _ = reader.integer(2)
        }
        reader.at += header.letters + header.leaps * 12 + header.standard + header.universal
        guard !reader.isOver, let first = offsets.first, indices.allSatisfy({ $0 < offsets.count }) else { return nil }
        self.first = first
        changes = zip(times, indices).map { ($0, offsets[$1]) }
        hasRule = file[reader.at...].contains(UInt8(ascii: ","))
    }

    /// The hour that clocks show, 0 to 23. Nil: the system's files do not reach that far.
    public func hour(atMicroseconds time: Int64) -> Int? {
        let seconds = time / 1_000_000 - (time % 1_000_000 < 0 ? 1 : 0)
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].from <= seconds { low = middle + 1 } else { high = middle }
        }
        if hasRule, low == changes.count { return nil }
        let local = seconds + Int64(low == 0 ? first : changes[low - 1].offset)
        return Int(((local % 86_400) + 86_400) % 86_400 / 3600)
    }

    private struct Header {
        let version: Int
        let universal, standard, leaps, times, types, letters: Int

        /// Of the data behind it.
        func size(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + letters + leaps * (timeBytes + 4) + standard + universal
        }
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0

        var isOver: Bool { at > bytes.count }

        /// A number with a sign, the highest byte first; 0 beyond the end.
        mutating func integer(_ count: Int) -> Int64 {
            defer { at += count }
            guard at >= 0, at + count <= bytes.count else { return 0 }
            let number = bytes[at..<at + count].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let shift = 64 - 8 * count
            return Int64(bitPattern: number << UInt64(shift)) >> Int64(shift)
        }

        mutating func header() -> Header? {
            guard at + 44 <= bytes.count, bytes[at..<at + 4].elementsEqual("TZif".utf8) else { return nil }
            let version = Int(bytes[at + 4]) - 48
            at += 20
            let counts = (0..<6).map { _ in Int(integer(4)) }
            guard counts.allSatisfy({ 0...65_536 ~= $0 }) else { return nil }
            return Header(
                version: version, universal: counts[0], standard: counts[1], leaps: counts[2], times: counts[3],
                types: counts[4], letters: counts[5])
        }
    }
}
