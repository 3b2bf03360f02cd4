import CPluginAPI
import CRecords
import PluginHost
import Records

/// Where decoded events go: one shard, or the threads of several.
protocol FoldSink: AnyObject {
    /// Extracts the fields of the next event into `nextRow`.
    var extractor: FieldExtractor { get }
    var nextRow: UnsafeMutablePointer<lectern_value> { get }
    /// Takes the event whose fields are in `nextRow`. Its texts stay until `flush`.
    func add(_ event: DecodedEvent) throws
    /// Lets go of the texts of all events.
    func flush() throws
    /// Time has come, behind all events that were added: microseconds since 1970 UTC. As a tick's record does, it takes a
    /// position in each partition.
    func tick(_ time: Int64) throws
    /// Waits until all events are folded. Nothing follows.
    func finish()
}

/// An event that stands in a line of a file.
struct DecodedEvent {
    var type: UnsafeRawBufferPointer
    var actor: UnsafeRawBufferPointer?
    /// As it claims; microseconds since 1970 UTC.
    var time: Int64?
    var precision: UInt8
    var payload: UnsafeRawBufferPointer
    /// A JSON object of what a source set.
    var fields: UnsafeRawBufferPointer?

    /// The event's partition of so many. A file knows no sessions: without an actor it is that of session 0.
    @inline(__always)
    func partition(of count: Int) -> Int {
        actor.map { Partitioner.partition(of: $0, count: count) } ?? Partitioner.partition(ofSession: 0, count: count)
    }
}

/// Decodes lines: JSON objects as they are, others by a source plugin. Not thread-safe.
final class FoldDecoder<Sink: FoldSink> {
    private let sink: Sink
    private let envelope: EnvelopeReader
    private let texts = TextArena()
    /// Events that were given to the sink.
    private(set) var decoded: UInt64 = 0

    typealias Reject = (_ line: UnsafeRawBufferPointer, _ reason: String) throws -> Void

    init(_ sink: Sink, actors: [String]) {
        self.sink = sink
        envelope = EnvelopeReader(sink.extractor, actors: actors)
    }

    /// Folds what has been decoded: the lines' memory may go.
    func flush() throws {
        try sink.flush()
        texts.removeAll()
    }

    /// A line that is a JSON object.
    @inline(__always)
    func add(_ line: UnsafeRawBufferPointer, _ reject: Reject) throws {
        let row = sink.nextRow
        if let reason = sink.extractor.extract(line, into: row) {
            if line.contains(where: { $0 != 32 && $0 != 9 && $0 != 13 }) { try reject(line, "\(reason)") }
            return
        }
        guard let type = envelope.type(of: row) else { return try reject(line, EnvelopeReader.missingType) }
        let time = envelope.time(of: row)
        decoded += 1
        try sink.add(
            DecodedEvent(
                type: type, actor: envelope.actor(of: row), time: time?.microseconds, precision: time?.precision ?? 0,
                payload: line, fields: nil))
    }

    /// A line of a source's format.
    func add(_ line: UnsafeRawBufferPointer, source: any SourceDecoding, _ reject: Reject) throws {
        for event in source.decode(line) {
            switch event {
            case .rejected(let reason): try reject(line, reason)
            case .event(let event): try add(event, line, reject)
            }
        }
    }

    private func add(_ event: SourceEvent, _ line: UnsafeRawBufferPointer, _ reject: Reject) throws {
        func keep(_ bytes: [UInt8]) -> UnsafeRawBufferPointer { bytes.withUnsafeBytes { texts.keep($0) } }
        let payload = keep(event.payload)
        let row = sink.nextRow
        if let reason = sink.extractor.extract(payload, into: row) { return try reject(line, "\(reason)") }
        guard let type = event.type.isEmpty ? envelope.type(of: row) : keep(event.type) else {
            return try reject(line, EnvelopeReader.missingType)
        }
        let own = event.time == nil ? envelope.time(of: row) : nil
        decoded += 1
        try sink.add(
            DecodedEvent(
                type: type, actor: event.actor.isEmpty ? nil : keep(event.actor), time: event.time ?? own?.microseconds,
                precision: event.time == nil ? own?.precision ?? 0 : event.precision, payload: payload,
                fields: event.fields.isEmpty ? nil : keep(event.fields)))
    }
}
