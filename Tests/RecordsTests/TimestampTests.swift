import CRecords
import Records
import Testing

@Suite struct `Time stamps` {
    private func parse(_ text: String) -> (Int64, UInt8)? {
        var time: Int64 = 0
        var precision: UInt8 = 0
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                lectern_parse_timestamp($0.baseAddress, $0.count, &time, &precision) == 1 ? (time, precision) : nil
            }
        }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 2), ("2025-01-26T10:30:00Z", 1_737_887_400_000_000, 2),
            ("2025-01-26T10:30:00.5Z", 1_737_887_400_500_000, 3),
            ("2025-01-26T10:30:00.123456789Z", 1_737_887_400_123_456, 4),
            ("2025-01-26T12:30:00+02:00", 1_737_887_400_000_000, 2), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000, 2),
            ("1969-12-31T23:59:59Z", -1_000_000, 2), ("9999-12-31T23:59:59Z", 253_402_300_799_000_000, 2),
        ] as [(String, Int64, UInt8)])
    func `are read as microseconds and a precision`(text: String, time: Int64, precision: UInt8) {
        #expect(parse(text).map { [$0.0, Int64($0.1)] } == [time, Int64(precision)])
    }

    @Test(arguments: [
        "", "2025-01-26", "2025-01-26T10:30:00", "2025-01-26 10:30:00Z", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z",
        "2025-01-26T24:00:00Z", "2025-01-26T10:60:00Z", "2025-01-26T10:30:60Z", "2025-01-26T10:30:00.Z",
        "2025-01-26T10:30:00Zx", "2025-01-26t10:30:00z", "2025-01-26T10:30:00+0200", "0000-01-01T00:00:00Z",
    ])
    func `that are none are refused`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `are written as they are read`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2_000 {
            let time = Int64.random(in: -62_135_596_800_000_000..<253_402_300_800_000_000, using: &generator)
            var bytes = Bytes()
            bytes.appendJSON(microseconds: time)
            #expect(parse(String(bytes.string.dropFirst().dropLast()))?.0 == time)
        }
    }
}
