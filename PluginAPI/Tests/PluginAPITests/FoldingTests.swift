import CPluginAPI
import PluginAPI
import Testing

@Suite("Reading, folding, showing")
struct FoldingTests {
    let host = FakeHost()

    init() throws { try #require(host.create(SamplePlugin.self) == LECTERN_OK) }

    private func batch(_ given: [FakeBatch.Given], slots: [String] = ["module", "score"]) -> FakeBatch {
        FakeBatch(given, slots: slots, scratch: host.inputs.map { Int($0.scratch_size) }.max()!)
    }

    private func state(_ reducer: lectern_reducer) -> UnsafeMutableRawPointer {
        let state = UnsafeMutableRawPointer.allocate(byteCount: Int(reducer.state_size), alignment: 64)
        reducer.`init`(reducer.context, state)
        return state
    }

    private func encoded(_ reducer: lectern_reducer, _ state: UnsafeMutableRawPointer) -> [UInt8] {
        let output = Output()
        withUnsafePointer(to: output.writer) { #expect(reducer.encode(reducer.context, state, $0) == LECTERN_OK) }
        return output.bytes
    }

    @Test("events that can't be read are rejected one by one, with the reason")
    func rejected() {
        let batch = batch([
            .init(slotted: ["score": value(70)]), .init(slotted: ["score": value(101.5)]), .init(),
            .init(slotted: ["score": value("85")]), .init(slotted: ["score": value(2.5)], other: ["label": value(3)]),
        ])
        #expect(batch.read(host.inputs[0]).status == [0, 1, 1, 1, 1])
        #expect(
            batch.reasons == [
                1: "score: expected a number in 0.0...100.0, found 101.5",
                2: "score: expected a number in 0.0...100.0, found nothing",
                3: "score: expected a number in 0.0...100.0, found the text \"85\"",
                4: "label: expected a text, found 3",
            ])
    }

    @Test("a field without a slot is looked for, and gives the same as with one")
    func learned() throws {
        let reducer = host.reducers[0]
        let values = ["score": value(40.25), "label": value("a")]
        let searching = batch([.init(other: values), .init(other: values)], slots: [])
        let slotted = batch([.init(slotted: values), .init(slotted: values)], slots: ["x", "label", "score"])
        let first = state(reducer), second = state(reducer)
        searching.fold(reducer, host.inputs[0], into: first)
        slotted.fold(reducer, host.inputs[0], into: second)
        #expect(encoded(reducer, first) == encoded(reducer, second))
        #expect(Set(searching.searched) == ["score", "label"])
        #expect(slotted.searched.isEmpty)
    }

    @Test("states come back from their bytes, and are merged")
    func states() throws {
        let reducer = host.reducers[1]
        let values = ["score": value(40.25), "label": value("a")]
        let state = state(reducer), other = self.state(reducer)
        batch([.init(slotted: values), .init(slotted: ["score": value(1)])], slots: ["label", "score"])
            .fold(reducer, host.inputs[0], into: state)
        let bytes = encoded(reducer, state)
        #expect(hex(bytes) == "a2" + "65636f756e7402" + "666c6162656c73a2" + "616101" + "646e6f6e6501")
        #expect(reducer.decode(reducer.context, bytes, UInt64(bytes.count), other) == LECTERN_OK)
        reducer.merge(reducer.context, other, state)
        #expect(
            try StateBytes.decode(Modules.State.self, from: encoded(reducer, other))
                == Modules.State(count: 4, labels: ["a": 2, "none": 2]))
        reducer.destroy(reducer.context, state)
        reducer.destroy(reducer.context, other)
        #expect(reducer.decode(reducer.context, bytes, UInt64(bytes.count - 1), other) == LECTERN_BAD_STATE)
        #expect(host.failures.count == 1)
    }

    @Test("the external state is what the reducer says")
    func external() {
        let reducer = host.reducers[0]
        let state = state(reducer)
        batch([.init(slotted: ["score": value(5)])]).fold(reducer, host.inputs[0], into: state)
        let output = Output()
        #expect(withUnsafePointer(to: output.writer) { reducer.external(reducer.context, state, $0) } == LECTERN_OK)
        #expect(hex(output.bytes) == "a165636f756e7401")
        reducer.destroy(reducer.context, state)
    }

    struct Unwritable: Plugin {
        struct Counter: Reducer {
            static let id = "counter", version = 1
            static let events: EventFilter = .all
            static let key: Key = [.actor]
            typealias Input = Event
            struct State: ReducerState {
                var open = OnlyInMemory()
                struct OnlyInMemory: Codable {
                    init() {}
                    init(from decoder: any Decoder) {}
                    func encode(to encoder: any Encoder) throws {
                        let context = EncodingError.Context(
                            codingPath: encoder.codingPath, debugDescription: "it is in memory only")
                        throw EncodingError.invalidValue(self, context)
                    }
                }
            }
            static func reduce(_ state: inout State, _ event: Event) {}
            static func external(_ state: State) -> [State.OnlyInMemory] { [state.open] }
        }

        init(settings: NoSettings) {}
        var components: Components { Counter.self }
    }

    @Test("a state that can't be written is a failure, with the reason")
    func unwritable() throws {
        let host = FakeHost()
        #expect(host.create(Unwritable.self) == LECTERN_OK)
        let reducer = host.reducers[0]
        let state = state(reducer)
        let output = Output()
        withUnsafePointer(to: output.writer) { writer in
            #expect(reducer.encode(reducer.context, state, writer) == LECTERN_FAILED)
            #expect(reducer.external(reducer.context, state, writer) == LECTERN_FAILED)
        }
        #expect(output.bytes.isEmpty)
        #expect(host.failures == ["it is in memory only", "it is in memory only"])
    }

    @Test("a reducer may fold the events themselves")
    func events() throws {
        let reducer = host.reducers[2]
        let state = state(reducer)
        batch([.init(slotted: ["score": value(1)]), .init()]).fold(reducer, host.inputs[1], into: state)
        #expect(state.load(as: Int.self) == 101)
    }

    @Test("rows, with what they look up")
    func rows() throws {
        let reducer = host.reducers[0]
        let state = state(reducer)
        batch(
            [
                .init(seconds: 7, slotted: ["score": value(60)]),
                .init(slotted: ["score": value(50.5), "label": value("x")]),
            ],
            slots: ["score", "label"]
        ).fold(reducer, host.inputs[0], into: state)
        let tables = try #require(host.table(LECTERN_TABLES, as: lectern_tables.self))
        let table = try #require(tables.items[0]).pointee

        final class Taken {
            var rows: [String] = []
            var lookups: [String] = []
            let all = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        }
        let taken = Taken()
        taken.all.initialize(to: 42)
        var rows = lectern_rows()
        rows.size = UInt32(MemoryLayout<lectern_rows>.size)
        rows.context = Unmanaged.passUnretained(taken).toOpaque()
        rows.emit = { context, values, count in
            let cells = (0..<Int(count)).map { index -> String in
                let value = values![index]
                return switch value.tag {
                case LECTERN_TEXT: string(lectern_text(start: value.as.text, length: UInt64(value.length)))
                case LECTERN_INTEGER: "\(value.as.integer)"
                case LECTERN_NUMBER: "\(value.as.number)"
                default: "tag \(value.tag)"
                }
            }
            Unmanaged<Taken>.fromOpaque(context!).takeUnretainedValue().rows.append(cells.joined(separator: "|"))
        }
        rows.lookup = { context, reducer, key in
            let taken = Unmanaged<Taken>.fromOpaque(context!).takeUnretainedValue()
            let part = key!.pointee.parts[0]
            taken.lookups.append(
                string(reducer) + " " + string(lectern_text(start: part.as.text, length: UInt64(part.length))))
            return taken.lookups.count == 1 ? UnsafeRawPointer(taken.all) : nil
        }
        for _ in 0..<2 {
            [value("bea"), value("arrays")].withUnsafeBufferPointer { parts in
                var key = lectern_key(size: 16, count: 2, parts: parts.baseAddress)
                table.rows(table.context, &key, state, &rows)
            }
        }
        #expect(
            taken.rows == [
                "bea|arrays|55.25|tag 3|3600000000|none+x|42", "bea|arrays|55.25|tag 3|3600000000|none+x|tag 1",
            ])
        #expect(taken.lookups == ["everything bea", "everything bea"])
        reducer.destroy(reducer.context, state)
    }

    @Test("an aggregator takes back what it added")
    func aggregates() throws {
        let reducer = host.reducers[0]
        let state = state(reducer)
        batch([.init(slotted: ["score": value(60)])]).fold(reducer, host.inputs[0], into: state)
        let table = try #require(host.table(LECTERN_AGGREGATORS, as: lectern_aggregators.self))
        let totals = try #require(table.items[0]).pointee
        let total = UnsafeMutableRawPointer.allocate(byteCount: Int(totals.accumulator_size), alignment: 64)
        totals.`init`(totals.context, total)
        let empty = Output(), full = Output(), again = Output()
        var key = lectern_key(size: 16, count: 0, parts: nil)
        #expect(withUnsafePointer(to: empty.writer) { totals.encode(totals.context, total, $0) } == LECTERN_OK)
        totals.add(totals.context, total, &key, state)
        #expect(withUnsafePointer(to: full.writer) { totals.encode(totals.context, total, $0) } == LECTERN_OK)
        totals.retract(totals.context, total, &key, state)
        #expect(withUnsafePointer(to: again.writer) { totals.encode(totals.context, total, $0) } == LECTERN_OK)
        #expect(empty.bytes == again.bytes)
        #expect(empty.bytes != full.bytes)
        reducer.destroy(reducer.context, state)
    }

    @Test("a source's events and refusals")
    func source() throws {
        final class Taken {
            var events: [String] = []
            var refusals: [String] = []
        }
        let table = try #require(host.table(LECTERN_SOURCES, as: lectern_sources.self))
        let source = try #require(table.items[0]).pointee
        let taken = Taken()
        var output = lectern_source_output()
        output.size = UInt32(MemoryLayout<lectern_source_output>.size)
        output.context = Unmanaged.passUnretained(taken).toOpaque()
        output.emit = { context, event in
            let event = event!.pointee
            let fields = (0..<Int(event.field_count)).map { index in
                let field = event.fields[index]
                let value =
                    field.value.tag == LECTERN_INTEGER
                    ? "\(field.value.as.integer)"
                    : string(lectern_text(start: field.value.as.text, length: UInt64(field.value.length)))
                return string(field.name) + "=" + value
            }
            Unmanaged<Taken>.fromOpaque(context!).takeUnretainedValue().events.append(
                "\(string(event.payload)) \(string(event.actor)) \(string(event.type)) \(event.time) \(event.precision) \(fields)"
            )
        }
        output.reject = { context, reason in
            Unmanaged<Taken>.fromOpaque(context!).takeUnretainedValue().refusals.append(string(reason))
        }
        for line in ["one żó", "", "bad"] { source.decode(source.context, text(line), &output) }
        #expect(
            taken.events == [
                #"{"word":"one"} reader word 7000000 2 ["length=3", "word=one"]"#,
                #"{"word":"żó"} reader word 7000000 2 ["length=2", "word=żó"]"#,
            ])
        #expect(taken.refusals == ["line: expected words, found bad"])
    }
}
