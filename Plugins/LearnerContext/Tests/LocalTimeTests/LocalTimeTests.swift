import Glibc
import LocalTime
import Testing

/// The hours that clocks show.
@Suite("A time zone") struct LocalTimeTests {
    private func hour(_ zone: String, _ seconds: Int64) -> Int? {
        TimeZones.zone(named: zone)?.hour(atMicroseconds: seconds * 1_000_000)
    }

    @Test("may be an offset from UTC") func offsets() {
        #expect(hour("Z", 0) == 0)
        #expect(hour("+02:00", 0) == 2)
        #expect(hour("-0530", 0) == 18)
        #expect(hour("+05:45", 15 * 60) == 6)
        for text in ["", "+2", "+25:00", "+02:60", "02:00", "+a2:00"] { #expect(hour(text, 0) == nil) }
    }

    @Test(
        "knows when clocks are put forward and back",
        .enabled(if: access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0))
    func summerTime() {
        // 2026-03-29 01:00 UTC: two becomes three.
        #expect(hour("Europe/Berlin", 1_774_746_000 - 1) == 1)
        #expect(hour("Europe/Berlin", 1_774_746_000) == 3)
        // 2026-10-25 01:00 UTC: three becomes two.
        #expect(hour("Europe/Berlin", 1_792_890_000 - 1) == 2)
        #expect(hour("Europe/Berlin", 1_792_890_000) == 2)
        #expect(hour("Europe/Berlin", 1_792_890_000 + 3_600) == 3)
        #expect(hour("America/New_York", 1_774_746_000) == 21)
        #expect(hour("Asia/Kolkata", 0) == 5)
    }

    @Test("is never a file elsewhere") func names() {
        for name in ["../../../etc/passwd", "/etc/passwd", "zone.tab", "Europe", "Nowhere/City", "Europe/Berlin\0"] {
            #expect(TimeZones.zone(named: name) == nil)
        }
    }
}
