import CPluginAPI
import PluginAPI
import Testing

@Suite("Timers")
struct TimerTests {
    private struct Timed: Plugin {
        init(settings: NoSettings) {}
        var components: Components {
            Everything.self
            Silence.self
            SpreadSilence.self
        }
    }

    private let host = FakeHost()
    private let timers: [lectern_timer]
    private let reducer: lectern_reducer
    private let state: UnsafeMutableRawPointer

    init() throws {
        try #require(host.create(Timed.self) == LECTERN_OK)
        let table = try #require(host.table(LECTERN_TIMERS, as: lectern_timers.self))
        timers = (0..<Int(table.count)).map { table.items[$0]!.pointee }
        reducer = try #require(host.reducers.first { string($0.id) == "silence" })
        state = .allocate(byteCount: Int(reducer.state_size), alignment: 64)
        reducer.`init`(reducer.context, state)
    }

    @Test("are declared for the reducers that have one, by their ids")
    func declared() {
        #expect(host.reducers.map { string($0.id) } == ["everything", "silence", "spread-silence"])
        #expect(host.reducers.map { $0.merge != nil } == [false, false, true])
        #expect(timers.map { string($0.reducer) } == ["silence", "spread-silence"])
        #expect(timers.allSatisfy { $0.size == 48 && $0.flags == 0 })
    }

    @Test("ask for no tick where the reducer wants none")
    func never() {
        #expect(timers[0].due(timers[0].context, state) == .max)
    }

    @Test("ask for a tick by the state alone, and a tick changes the state")
    func ticks() {
        let timer = timers[0]
        let input = host.inputs[Int(reducer.input)]
        FakeBatch([.init(seconds: 7_200)], slots: [], scratch: Int(input.scratch_size)).fold(
            reducer, input, into: state)
        #expect(timer.due(timer.context, state) == 10_800_000_000)
        timer.tick(timer.context, state, 14_400_000_000)
        #expect(state.load(as: Silence.State.self) == Silence.State(last: Timestamp(seconds: 7_200), hours: 2))
        #expect(timer.due(timer.context, state) == 18_000_000_000)
    }

    @Test("a plugin without a timed reducer has none")
    func absent() {
        let other = FakeHost()
        #expect(other.create(SamplePlugin.self) == LECTERN_OK)
        #expect(other.table(LECTERN_TIMERS, as: lectern_timers.self) == nil)
    }
}
