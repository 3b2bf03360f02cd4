import Foundation
import PluginHost
import Records
import Testing
import Web

/// JSON as dictionaries and arrays, to look into.
func parse(_ json: borrowing JSONWriter) throws -> [String: Any] {
    let data = Data(json.bytes.array)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

struct VersionedDashboardTests {
    private func data(_ rows: [(String, String)], note: String = "", isEmpty: Bool = false) -> DashboardData {
        let rows = rows.map { PanelRow(key: $0.0, cells: [PanelCell($0.0), PanelCell($0.1, value: Double($0.1))]) }
        let panel = PanelData(
            columns: [PanelColumn("Name", .text), PanelColumn("Value", .number)], rows: rows, note: note)
        return DashboardData(panels: [panel, PanelData()], choices: [["m"]], isEmpty: isEmpty)
    }

    private func delta(_ dashboard: VersionedDashboard, since number: UInt64) throws -> [String: Any] {
        guard let delta = dashboard.delta(since: number, asOf: 0) else { throw Unknown() }
        return try parse(delta)
    }

    private struct Unknown: Error {}

    private func panel(_ delta: [String: Any], _ index: String = "0") -> [String: Any]? {
        (delta["panels"] as? [String: Any])?[index] as? [String: Any]
    }

    @Test func aSnapshotHoldsEverything() throws {
        let dashboard = VersionedDashboard(data([("a", "1"), ("b", "2")]), number: 5)
        let snapshot = try parse(dashboard.snapshot(layout: "abc", asOf: 1000))
        #expect(snapshot["number"] as? Int == 5)
        #expect(snapshot["layout"] as? String == "abc")
        let panels = try #require(snapshot["panels"] as? [[String: Any]])
        #expect(panels.count == 2)
        let rows = try #require(panels[0]["rows"] as? [[Any]])
        #expect(rows.map { $0[0] as? String } == ["a", "b"])
        #expect((rows[1][1] as? [Any])?[0] as? String == "b")
        #expect(((rows[1][1] as? [Any])?[1] as? [Any])?[1] as? Int == 2)
    }

    @Test func onlyWhatChangedIsSent() throws {
        var dashboard = VersionedDashboard(data([("a", "1"), ("b", "2")]), number: 1)
        let isSame = dashboard.update(to: data([("a", "1"), ("b", "2")]))
        #expect(!isSame)
        #expect(dashboard.number == 1)
        let isChanged = dashboard.update(to: data([("a", "1"), ("b", "3")]))
        #expect(isChanged)

        let delta = try self.delta(dashboard, since: 1)
        #expect(delta["since"] as? Int == 1)
        #expect(delta["number"] as? Int == 2)
        #expect(delta["choices"] == nil)
        let rows = try #require(panel(delta)?["rows"] as? [[Any]])
        #expect(rows.map { $0[0] as? String } == ["b"])
        #expect(panel(delta)?["order"] == nil)
        #expect(panel(delta)?["columns"] == nil)
        #expect(panel(delta, "1") == nil)
    }

    @Test func whoMissedSeveralGetsThemAtOnce() throws {
        var dashboard = VersionedDashboard(data([("a", "1"), ("b", "2")]), number: 1)
        for step in 0..<5 { _ = dashboard.update(to: data([("a", "\(step + 10)"), ("b", "2")])) }
        _ = dashboard.update(to: data([("a", "14"), ("c", "4"), ("b", "2")], note: "n"))
        #expect(dashboard.number == 7)
        let delta = try self.delta(dashboard, since: 1)
        let rows = try #require(panel(delta)?["rows"] as? [[Any]])
        #expect(rows.map { $0[0] as? String } == ["a", "c"])
        #expect(panel(delta)?["order"] as? [String] == ["a", "c", "b"])
        #expect(panel(delta)?["note"] as? String == "n")
        let last = try self.delta(dashboard, since: 6)
        #expect((panel(last)?["rows"] as? [[Any]])?.map { $0[0] as? String } == ["c"])
    }

    @Test func removedRowsAreMissingFromTheOrder() throws {
        var dashboard = VersionedDashboard(data([("a", "1"), ("b", "2")]), number: 1)
        _ = dashboard.update(to: data([("b", "2")]))
        let delta = try self.delta(dashboard, since: 1)
        #expect(panel(delta)?["order"] as? [String] == ["b"])
        #expect((panel(delta)?["rows"] as? [Any])?.isEmpty == true)
    }

    @Test func unknownPastsHaveNoDelta() {
        var dashboard = VersionedDashboard(data([("a", "1")]), number: 10)
        _ = dashboard.update(to: data([("a", "2")]))
        #expect(throws: Unknown.self) { try delta(dashboard, since: 9) }
        #expect(throws: Unknown.self) { try delta(dashboard, since: 12) }
        #expect(throws: Never.self) { try delta(dashboard, since: 10) }
    }

    /// A reader that applies deltas has at any time what a snapshot would give it, whatever it skipped.
    @Test func deltasLeadWhereSnapshotsStand() throws {
        var random = SplitMix(seed: 42)
        var dashboard = VersionedDashboard(data([]), number: 1)
        var known: [String: [Any]] = [:], order: [String] = [], seen: UInt64 = 1
        for _ in 0..<300 {
            let keys = ["a", "b", "c", "d", "e"].filter { _ in random.next() % 3 > 0 }.shuffled(using: &random)
            _ = dashboard.update(to: data(keys.map { ($0, "\(random.next() % 4)") }))
            if random.next() % 3 == 0 { continue }
            let delta = try self.delta(dashboard, since: seen)
            seen = dashboard.number
            guard let change = panel(delta) else { continue }
            for row in try #require(change["rows"] as? [[Any]]) { known[row[0] as! String] = row[1] as? [Any] }
            if let new = change["order"] as? [String] { order = new }
            let expected = dashboard.data.panels[0].rows
            #expect(order == expected.map(\.key))
            for row in expected {
                let cell = try #require(known[row.key]?[1] as? [Any])
                #expect(cell[0] as? String == row.cells[1].text)
            }
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
