import Enrichment
import EventLog
import Foundation
import Ingest
import PluginHost
import Records
import Synchronization
import Testing

/// Events that wait for what is looked up of them.
@Suite("Enriched events") struct EnrichmentTests {
    /// A source that answers with the key, once it is let.
    private final class Gate: Sendable {
        private let open = Mutex<Set<String>>([])
        private let isOpen = Atomic<Bool>(false)
        let asked = Mutex<[String]>([])

        func open(_ key: String) { _ = open.withLock { $0.insert(key) } }
        func openAll() { isOpen.store(true, ordering: .relaxed) }
        func isOpen(_ key: String) -> Bool { isOpen.load(ordering: .relaxed) || open.withLock { $0.contains(key) } }
    }

    private final class GatedSource: LookupSource {
        private let gate: Gate
        init(_ gate: Gate) { self.gate = gate }

        func look(up question: Question) throws(LookupFailure) -> [String: JSONTree]? {
            gate.asked.withLock { $0.append(question.parts[0]) }
            while !gate.isOpen(question.parts[0]) { usleep(200) }
            return ["name": .text(question.parts[0])]
        }
    }

    private struct Setup {
        let rig: Rig
        let gate = Gate()
        let clock = ManualClock()
        let enrichment: Enrichment

        init(
            sources: [any EventSource] = [], by key: EnricherDescription.KeyPart, trust: Bool = true,
            ofThisHost: Bool = false
        ) throws {
            var configuration = EnrichmentConfiguration()
            configuration.budget = 50_000
            let table = TableID(plugin: "context", table: "names")
            var source = SourceConfiguration(
                ofThisHost ? .table(.init(id: table)) : .file(.init(path: "nowhere", format: .csv)))
            source.connections = 8
            configuration.sources = ["school": source]
            configuration.enrichers = ["context": .init(source: "school")]
            let (gate, clock) = (gate, clock)
            enrichment = Enrichment(configuration, clock: { clock.now }, makeSource: { _ in GatedSource(gate) })
            let enricher = EnricherDescription(
                id: "context", member: "context", key: [key], members: [.init(name: "name", kind: .text)])
            enrichment.use([EnrichingPlugin(id: "context", enrichers: [enricher])])
            rig = try Rig(sources: sources, enrichment: enrichment) { $0.trust = trust ? .loopback : .none }
        }

        func end() {
            gate.openAll()
            enrichment.close()
        }
    }

    private func fields(_ name: String?) -> String {
        name.map { #"{"enrichment":{"context":"fresh"},"context":{"name":"\#($0)"}}"# }
            ?? #"{"enrichment":{"context":"missing"},"context":null}"#
    }

    private func wait(_ condition: () -> Bool) {
        let end = Date(timeIntervalSinceNow: 60)
        while !condition() {
            guard Date() < end else {
                Issue.record("what was waited for has not come")
                return
            }
            usleep(200)
        }
    }

    @Test("go on in their order when everything is known, and those of other connections do not wait") func order()
        throws
    {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect(from: "127.0.0.1")
        let other = try setup.rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"a","item":"slow"}"#, #"{"event":"b","item":"quick"}"#, #"{"event":"c"}"#)
        #expect(client.session.isWaiting)
        #expect(try client.replies().map(\.["lookups"].number) == [50_000])
        other.send(#"{"event":"d"}"#)
        #expect(try setup.rig.events().map(\.type) == ["d"])
        setup.gate.open("quick")
        client.goOn()
        #expect(try setup.rig.events().map(\.type) == ["d"])
        setup.gate.open("slow")
        wait { client.wakeUps == 1 }
        client.goOn()
        #expect(!client.session.isWaiting)
        let events = try setup.rig.events()
        #expect(events.map(\.type) == ["d", "a", "b", "c"])
        #expect(events.map(\.fields) == ["", fields("slow"), fields("quick"), ""])
        #expect(events[1].payload == #"{"event":"a","item":"slow"}"#)
        #expect(setup.rig.service.counters.waiting == 0)
    }

    @Test("whose answers are in memory do not wait") func memory() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        setup.gate.openAll()
        let client = try setup.rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"a","item":"x"}"#)
        wait { client.wakeUps == 1 }
        client.goOn()
        client.send(#"{"event":"b","item":"x"}"#)
        #expect(!client.session.isWaiting)
        #expect(try setup.rig.events().map(\.fields) == [fields("x"), fields("x")])
        #expect(setup.gate.asked.withLock { $0 } == ["x"])
    }

    @Test("go on without an answer when the budget is over, and nothing is lost") func budget() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect(from: "127.0.0.1")
        client.send((0..<20).map { "{\"event\":\"e\($0)\",\"item\":\"\($0 % 3)\"}" })
        setup.clock.advance(49_999)
        client.goOn()
        #expect(try setup.rig.events().isEmpty)
        setup.clock.advance(1)
        client.goOn()
        let events = try setup.rig.events()
        #expect(events.map(\.type) == (0..<20).map { "e\($0)" })
        #expect(events.allSatisfy { $0.fields == fields(nil) })
    }

    @Test("keep their arrival, and what was locked then") func circumstances() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect(from: "127.0.0.1")
        client.send(
            #"{"event":"lock_fields","fields":{"tab":1}}"#, #"{"event":"a","item":"x"}"#,
            #"{"event":"lock_fields","fields":{"tab":2}}"#, #"{"event":"b"}"#)
        setup.rig.advance(microseconds: 7)
        setup.gate.openAll()
        wait { client.wakeUps == 1 }
        client.goOn()
        let events = try setup.rig.events()
        #expect(events.map(\.session["locked"]["tab"].number) == [1, 2])
        #expect(events.map(\.received) == [Rig.start, Rig.start])
    }

    @Test("are not acknowledged before they are in the log, and not stored twice") func acknowledgements() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect("ack=1&client=c", from: "127.0.0.1")
        _ = try client.replies()
        client.send(#"{"event":"a"}"#, #"{"event":"b","item":"x"}"#, #"{"event":"c"}"#, "{")
        #expect(try client.replies().filter { $0["status"].text == "ack" }.map(\.["seq"].number) == [1])
        // The connection is lost, and its client sends again what is not acknowledged.
        let again = try setup.rig.connect("ack=1&client=c", from: "127.0.0.1")
        #expect(try again.replies().map(\.["seq"].number) == [1])
        again.send(#"{"event":"b","item":"x","seq":2}"#, #"{"event":"c","seq":3}"#)
        setup.gate.openAll()
        wait { client.wakeUps == 1 && again.wakeUps == 1 }
        again.goOn()
        client.goOn()
        #expect(try setup.rig.events().map(\.type) == ["a", "b", "c"])
        #expect(try setup.rig.events().map(\.sequence) == [1, 2, 3])
        #expect(try again.replies().filter { $0["status"].text == "ack" }.map(\.["seq"].number) == [3])
        #expect(try client.replies().filter { $0["status"].text == "ack" }.map(\.["seq"].number) == [4])
    }

    @Test("of a connection that ends go on before it is closed") func terminate() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"a","item":"x"}"#, #"{"event":"terminate"}"#)
        #expect(try client.replies().compactMap(\.["close"].number).isEmpty)
        setup.gate.openAll()
        wait { client.wakeUps == 1 }
        client.goOn()
        #expect(try client.replies().compactMap(\.["close"].number) == [1000])
        #expect(try setup.rig.events().map(\.fields) == [fields("x")])
    }

    @Test("of a connection that is lost are stored with what is known") func lost() throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let client = try setup.rig.connect(from: "127.0.0.1")
        client.send(#"{"event":"a","item":"x"}"#)
        client.close()
        #expect(try setup.rig.events().map(\.fields) == [fields(nil)])
    }

    @Test("are looked up by who the connection is, without what the method puts before it") func identity() throws {
        let setup = try Setup(by: .actor, trust: false)
        defer { setup.end() }
        setup.gate.openAll()
        let client = try setup.rig.connect()
        client.send(#"{"event":"a"}"#, #"{"event":"b","user_id":"ada"}"#)
        wait { client.wakeUps == 1 }
        client.goOn()
        let events = try setup.rig.events()
        #expect(events.map(\.actor) == ["tc-testcase-ada", "tc-testcase-ada"])
        #expect(events.map(\.fields) == [fields("ada"), fields("ada")])
        #expect(setup.gate.asked.withLock { $0 } == ["ada"])
    }

    @Test("are looked up in the host's own tables by the name that the log has") func ownIdentity() throws {
        let setup = try Setup(by: .actor, trust: false, ofThisHost: true)
        defer { setup.end() }
        setup.gate.openAll()
        let client = try setup.rig.connect()
        client.send(#"{"event":"a"}"#, #"{"event":"b","user_id":"ada"}"#)
        wait { client.wakeUps == 1 }
        client.goOn()
        #expect(try setup.rig.events().map(\.actor) == ["tc-testcase-ada", "tc-testcase-ada"])
        #expect(setup.gate.asked.withLock { $0 } == ["tc-testcase-ada"])
    }

    @Test("of a request are answered when all of them are in the log") func requests() async throws {
        let setup = try Setup(by: .field(path: "item"))
        defer { setup.end() }
        let service = setup.rig.service
        let body = #"[{"event":"a","item":"x"},{"event":"b","item":"y"},7]"#
        async let answer = service.answer(EventRequest(peer: IngestPeer(ip: "127.0.0.1"), body: Array(body.utf8)))
        while setup.gate.asked.withLock({ $0.count }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(try setup.rig.events().isEmpty)
        setup.gate.openAll()
        #expect(JSON(await answer.body)["accepted"].number == 2)
        #expect(JSON(await answer.body)["rejected"].count == 1)
        #expect(try setup.rig.events().map(\.fields) == [fields("x"), fields("y")])
    }

    @Test("of a source's line go on together, with what the source has set") func lines() throws {
        let setup = try Setup(sources: [PairSource()], by: .actor)
        defer { setup.end() }
        let client = try setup.rig.connect("source=pairs", from: "127.0.0.1")
        client.send("ada bob", "eve eve")
        #expect(try setup.rig.events().isEmpty)
        setup.gate.openAll()
        wait { client.wakeUps == 1 }
        client.goOn()
        let events = try setup.rig.events()
        #expect(events.map(\.actor) == ["ada", "bob", "eve", "eve"])
        #expect(events.map(\.fields) == ["ada", "bob", "eve", "eve"].map { fields($0).dropLast() + #","line":1}"# })
    }

    /// Two actors a line.
    private struct PairSource: EventSource {
        let id = "pairs"

        func decode(_ line: UnsafeRawBufferPointer, into decoded: inout DecodedLine) {
            for actor in String(decoding: line, as: UTF8.self).split(separator: " ") {
                let parts = [#"{"event":"pair"}"#, String(actor), "pair", #"{"line":1}"#].map { Array($0.utf8) }
                parts[0].withUnsafeBytes { payload in
                    parts[1].withUnsafeBytes { actor in
                        parts[2].withUnsafeBytes { type in
                            parts[3].withUnsafeBytes { fields in
                                decoded.add(payload: payload, actor: actor, type: type, fields: fields, time: nil)
                            }
                        }
                    }
                }
            }
        }
    }
}
