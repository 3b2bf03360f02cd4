import CPluginAPI
import PluginAPI
import Testing

@Suite("Windows")
struct WindowTests {
    private struct Windowed: Plugin {
        init(settings: NoSettings) {}
        var components: Components {
            Everything.self
            HourlyScores.self
            SpreadScores.self
        }
    }

    private let host = FakeHost()
    private let windows: [lectern_window]

    init() throws {
        try #require(host.create(Windowed.self) == LECTERN_OK)
        let table = try #require(host.table(LECTERN_WINDOWS, as: lectern_windows.self))
        windows = (0..<Int(table.count)).map { table.items[$0]!.pointee }
    }

    @Test("are declared for the reducers that have some, in microseconds")
    func declared() {
        #expect(windows.map { string($0.reducer) } == ["hourly-scores", "spread-scores"])
        #expect(windows.map(\.length) == [3_600_000_000, 86_400_000_000])
        #expect(windows.map(\.hop) == [900_000_000, 86_400_000_000])
        #expect(windows.map(\.offset) == [90_000_000, 0])
        #expect(windows.map(\.disorder) == [5_000_000, 30_000_000])
        #expect(windows.map(\.grace) == [7_200_000_000, 3_600_000_000])
        #expect(windows.map(\.retention) == [259_200_000_000, .max])
        #expect(windows.allSatisfy { $0.size == 88 && $0.flags == 0 })
    }

    @Test("the key has a part of their kind")
    func key() {
        let kinds = host.reducers.dropFirst().map { reducer in
            (0..<Int(reducer.key_count)).map { reducer.key[$0].kind }
        }
        #expect(kinds == [[LECTERN_KEY_ACTOR, LECTERN_KEY_WINDOW], [LECTERN_KEY_WINDOW]])
    }

    @Test("a correction raises the state's revision")
    func correction() {
        let reducer = host.reducers[1]
        let state = UnsafeMutableRawPointer.allocate(byteCount: Int(reducer.state_size), alignment: 64)
        reducer.`init`(reducer.context, state)
        for _ in 0..<3 { windows[0].correct(windows[0].context, state) }
        #expect(state.load(as: HourlyScores.State.self) == HourlyScores.State(revision: 3, count: 0))
        state.deallocate()
    }
}
