import Enrichment
import Foundation
import KeyValueStore
import PluginHost
import Records
import Synchronization
import Testing

/// An enrichment with a scripted source and a clock of its own.
final class EnrichmentRig: Sendable {
    let script = Script()
    let clock: TestClock
    let enrichment: Enrichment
    let reports: Reports

    final class Reports: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    /// Looks up the event's actor.
    static let user = EnricherDescription(
        id: "user-context", member: "user_context", key: [.actor],
        members: [.init(name: "country", kind: .text), .init(name: "attempts", kind: .integer)], types: [])

    init(
        store: (any KeyValueStore)? = nil, plugins: [EnrichingPlugin]? = nil, clock: TestClock = TestClock(),
        _ configure: (inout EnrichmentConfiguration) -> Void = { _ in }
    ) {
        self.clock = clock
        reports = Reports()
        var configuration = EnrichmentConfiguration()
        var source = SourceConfiguration(.file(.init(path: "nowhere", format: .csv)))
        source.connections = 2
        source.failures = 3
        configuration.sources = ["school": source]
        configuration.enrichers = ["user-context": .init(source: "school")]
        configure(&configuration)
        enrichment = Enrichment(
            configuration, store: store, clock: { clock.now }, makeSource: { [script] _ in ScriptedSource(script) },
            report: { [reports] in reports.add($0) })
        enrichment.use(plugins ?? [EnrichingPlugin(id: "context", enrichers: [Self.user])])
    }

    deinit {
        script.stall(false)
        enrichment.close()
    }

    /// A reader, as each thread has one.
    func reader() throws -> EnrichmentReader {
        var reader: EnrichmentReader?
        var version = 0
        enrichment.refresh(&reader, version: &version)
        return try #require(reader)
    }

    /// The fields that are recorded of an event, once everything is known.
    func fields(
        _ payload: String = #"{"event":"a"}"#, actor: String = "ada", type: String = "a", locked: String = "",
        own: String = "", time: Int64 = 0
    ) throws -> String? {
        let reader = try reader()
        guard var lookups = begin(reader, payload, actor: actor, type: type, locked: locked, own: own, time: time)
        else {
            return nil
        }
        waitUntil {
            reader.goOn(&lookups) { LookupLatch {} }
            return lookups.isComplete
        }
        return write(
            reader, lookups, payload, actor: actor, type: type, locked: locked, own: own, time: time)
    }

    func begin(
        _ reader: EnrichmentReader, _ payload: String = #"{"event":"a"}"#, actor: String = "ada", type: String = "a",
        identity: String? = nil, locked: String = "", own: String = "", time: Int64 = 0,
        latch: LookupLatch = LookupLatch {}
    ) -> EventLookups? {
        withEvent(payload, actor: actor, type: type, identity: identity, locked: locked, own: own, time: time) {
            reader.begin($0) { latch } ? reader.found : nil
        }
    }

    func write(
        _ reader: EnrichmentReader, _ lookups: EventLookups, _ payload: String = #"{"event":"a"}"#,
        actor: String = "ada", type: String = "a", locked: String = "", own: String = "", time: Int64 = 0
    ) -> String {
        withEvent(payload, actor: actor, type: type, locked: locked, own: own, time: time) { event in
            var fields = Bytes()
            reader.resume(lookups, of: event)
            reader.write(over: event.fields, to: &fields)
            return fields.string
        }
    }

    private func withEvent<T>(
        _ payload: String, actor: String, type: String, identity: String? = nil, locked: String, own: String,
        time: Int64, _ body: (EnrichedEvent) -> T
    ) -> T {
        padded(payload) { payload in
            padded(locked) { locked in
                padded(own) { own in
                    padded(actor) { actor in
                        padded(identity ?? "") { name in
                            padded(type) { type in
                                body(
                                    EnrichedEvent(
                                        payload: payload, locked: locked, fields: own, actor: actor,
                                        identity: identity == nil ? nil : name, type: type, time: time))
                            }
                        }
                    }
                }
            }
        }
    }

    /// The status of the answer about an actor, once it is there.
    func status(of actor: String) throws -> String? {
        let text = try fields(actor: actor) ?? "{}"
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return (object?["enrichment"] as? [String: Any])?["user_context"] as? String
    }

    var figures: EnrichmentReport.Counts { enrichment.figures.enrichers[0].counts }
}

/// Waits for a condition that another thread makes true.
func waitUntil(_ condition: () -> Bool) {
    let end = Date(timeIntervalSinceNow: 60)
    while !condition() {
        guard Date() < end else {
            Issue.record("what was waited for has not come")
            return
        }
        usleep(200)
    }
}

private func padded<T>(_ text: String, _ body: (UnsafeRawBufferPointer) -> T) -> T {
    (Array(text.utf8) + [UInt8](repeating: 0, count: 64)).withUnsafeBytes {
        body(UnsafeRawBufferPointer(rebasing: $0[..<text.utf8.count]))
    }
}
