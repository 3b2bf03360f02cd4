import CPluginAPI
import Records

/// Decides over which connection a line goes: all lines of an actor over the same one, so that their order holds.
/// Not thread-safe.
final class LineRouter {
    private let connections: Int
    private let extractor = FieldExtractor()
    private let envelope: EnvelopeReader
    private let row: UnsafeMutablePointer<lectern_value>

    /// - Parameter actors: the fields that may hold the actor's id; those of the host.
    init(connections: Int, actors: [String]) {
        self.connections = connections
        envelope = EnvelopeReader(extractor, actors: actors)
        row = .allocate(capacity: extractor.count)
        row.initialize(repeating: lectern_value(), count: extractor.count)
    }

    deinit { row.deallocate() }

    /// The connection of a line, behind which `FieldExtractor.padding` bytes can be read. What names no actor goes over the
    /// first one.
    func connection(of line: UnsafeRawBufferPointer) -> Int {
        guard connections > 1 else { return 0 }
        defer { extractor.reset() }
        guard extractor.extract(line, into: row) == nil, let actor = envelope.actor(of: row) else { return 0 }
        return Partitioner.partition(of: actor, count: connections)
    }
}
