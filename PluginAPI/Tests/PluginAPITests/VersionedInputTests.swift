import CPluginAPI
import PluginAPI
import Testing

@Suite("Events of several versions")
struct VersionedInputTests {
    private struct Versioned: Plugin {
        init(settings: NoSettings) {}
        var components: Components { AnswerSeconds.self }
    }

    private struct AnswerSeconds: Reducer {
        static let id = "answer-seconds"
        static let version = 1
        static let events: EventFilter = .all
        static let key: Key = [.actor]
        typealias Input = Answer
        typealias State = Int
        static func reduce(_ state: inout Int, _ answer: Answer) { state += answer.seconds }
    }

    /// Version 3 has seconds, 2 had minutes under that name, 1 had them as `time`.
    private struct Answer: VersionedInput {
        static let schemaVersion = 3
        let seconds: Int
        init(current event: Event) throws { seconds = try event.integer("seconds") }
        init(upcasting older: AnswerInMinutes) { seconds = older.minutes * 60 }
    }

    private struct AnswerInMinutes: VersionedInput {
        static let schemaVersion = 2
        let minutes: Int
        init(current event: Event) throws { minutes = try event.integer("minutes") }
        init(upcasting older: First) { minutes = older.time }
    }

    private struct First: EventInput {
        let time: Int
        init(_ event: Event) throws { time = try event.integer("time", in: 0...60) }
    }

    private let host = FakeHost()

    init() throws { try #require(host.create(Versioned.self) == LECTERN_OK) }

    private func batch(_ events: [[String: lectern_value]]) -> FakeBatch {
        FakeBatch(
            events.map { FakeBatch.Given(other: $0) }, slots: [], scratch: Int(host.inputs[0].scratch_size))
    }

    @Test("each version is upcast to the newest, and no version is the first")
    func upcast() {
        let reducer = host.reducers[0]
        let state = UnsafeMutableRawPointer.allocate(byteCount: Int(reducer.state_size), alignment: 64)
        reducer.`init`(reducer.context, state)
        let events = [
            ["schema_version": value(3), "seconds": value(1)], ["schema_version": value(2), "minutes": value(2)],
            ["schema_version": value(1), "time": value(3)], ["time": value(4)],
        ]
        batch(events).fold(reducer, host.inputs[0], into: state)
        #expect(state.load(as: Int.self) == 1 + 120 + 180 + 240)
        state.deallocate()
    }

    @Test("a version that the build does not know is rejected, and so is one that is none")
    func unknown() {
        let batch = batch([
            ["schema_version": value(4), "seconds": value(1)], ["schema_version": value("new"), "seconds": value(1)],
            ["schema_version": value(1), "time": value(61)],
        ])
        #expect(batch.read(host.inputs[0]).status == [1, 1, 1])
        #expect(
            batch.reasons == [
                0: "schema_version: expected 1 to 3, which this build knows, found 4",
                1: "schema_version: expected an integer from 1, found the text \"new\"",
                2: "time: expected an integer in 0...60, found 61",
            ])
    }
}
