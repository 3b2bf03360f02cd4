import Settings
import Testing

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("2h", .seconds(7200)), ("1.5h", .seconds(5400)),
        ("250us", .microseconds(250)), ("3m", .seconds(180)), ("7d", .seconds(604_800)), ("0s", .zero),
        ("5 s", .seconds(5)),
    ])
    func durations(text: String, duration: Duration) throws {
        let settings = try Settings(yaml: "d: \(text)", file: "f")
        #expect(try settings.validate { $0.duration("d", default: .seconds(1)) } == duration)
    }

    @Test(arguments: ["5", "s", "-5s", "5 sec", "1e3s", "", "٥s", "99999999999999d", "0x5s", "1.2.3s"])
    func whatIsNoDurationIsRefused(text: String) throws {
        let settings = try Settings(yaml: "d: \"\(text)\"", file: "f")
        #expect(throws: SettingsError.self) { try settings.validate { $0.duration("d", default: .zero) } }
    }

    @Test(arguments: [
        ("512", 512), ("512B", 512), ("64KiB", 65_536), ("1.5MiB", 1_572_864), ("1GB", 1_000_000_000), ("8kB", 8_000),
        ("2TiB", 2 << 40),
    ])
    func sizes(text: String, bytes: Int) throws {
        let settings = try Settings(yaml: "s: \(text)", file: "f")
        #expect(try settings.validate { $0.size("s", default: 1) } == bytes)
    }

    @Test(arguments: ["64Ki", "KiB", "-1", "1 PB", "9999999999TiB"]) func whatIsNoSizeIsRefused(text: String) throws {
        let settings = try Settings(yaml: "s: \(text)", file: "f")
        #expect(throws: SettingsError.self) { try settings.validate { $0.size("s", default: 1) } }
    }
}
