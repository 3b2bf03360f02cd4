import CPluginAPI
import Records

/// Hands events on, with ticks between them: at the latest time that an event has claimed so far, or some time later, as on a
/// host that is behind, or was down. The same events have the same ticks at the same places. Not thread-safe.
final class TickingSink<Sink: FoldSink>: FoldSink {
    /// So many events lie between two ticks.
    private static var interval: Int { 8 }
    /// How late ticks are, one after the other: not at all, an hour, a day, 30 days, a year.
    private static var delays: [Int64] { [0, 1, 24, 30 * 24, 365 * 24].map { $0 * 3_600_000_000 } }

    private let sink: Sink
    private var events = 0
    private var latest: Int64?

    init(_ sink: Sink) { self.sink = sink }

    var extractor: FieldExtractor { sink.extractor }
    var nextRow: UnsafeMutablePointer<lectern_value> { sink.nextRow }

    func add(_ event: DecodedEvent) throws {
        try sink.add(event)
        if let time = event.time { latest = max(latest ?? time, time) }
        events += 1
        guard events.isMultiple(of: Self.interval), let latest else { return }
        try sink.tick(latest + Self.delays[events / Self.interval % Self.delays.count])
    }

    func flush() throws { try sink.flush() }
    func tick(_ time: Int64) throws { try sink.tick(time) }
    func finish() { sink.finish() }
}
