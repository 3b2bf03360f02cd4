import Ingest
import PluginHost
import Reduction

/// A source plugin, as ingest calls it.
struct PluginSource: EventSource {
    private let source: any SourceDecoding

    init(_ source: any SourceDecoding) { self.source = source }

    /// Those of the plugins, and the host's own.
    static func all(of engine: ReductionEngine) -> [any EventSource] {
        (engine.sources + [ExportSource()]).map(PluginSource.init)
    }

    var id: String { source.id }

    func decode(_ line: UnsafeRawBufferPointer, into decoded: inout DecodedLine) {
        for outcome in source.decode(line) {
            switch outcome {
            case .rejected(let reason): decoded.reject(reason)
            case .event(let event): add(event, to: &decoded)
            }
        }
    }

    private func add(_ event: SourceEvent, to decoded: inout DecodedLine) {
        let time = event.time.map { DecodedLine.ClaimedTime(microseconds: $0, precision: event.precision) }
        event.payload.withUnsafeBytes { payload in
            event.actor.withUnsafeBytes { actor in
                event.type.withUnsafeBytes { type in
                    event.fields.withUnsafeBytes { fields in
                        decoded.add(payload: payload, actor: actor, type: type, fields: fields, time: time)
                    }
                }
            }
        }
    }
}
