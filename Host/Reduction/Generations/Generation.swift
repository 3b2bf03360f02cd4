import EventLog
import Foundation
import PluginHost
import Records

/// The builds that fold a log from one place on: what its generation records say.
///
/// A generation is a control record in each partition that the process has. In an embedded log they lie side by side, all of them
/// or none, so that a shard passes from one generation to the next between two events.
struct Generation: Codable, Sendable, Equatable {
    struct Build: Codable, Sendable, Equatable {
        let id: String
        let version: String
        /// SHA-256 of the library.
        let build: String
    }

    /// Tells generations apart: microseconds since 1970 UTC, of when it was made.
    let number: Int64
    let plugins: [Build]

    static let recordType = "generation"

    init(_ plugins: [PluginBuild]) {
        number = WallClock.microseconds
        self.plugins = plugins.map {
            Build(id: $0.id, version: $0.identity.version, build: $0.identity.build)
        }
    }

    /// Of a control record; nil if it is another one.
    init?(_ record: RecordView) {
        guard record.kind == .control, record.type.elementsEqual(Self.recordType.utf8),
            let generation = try? JSONDecoder().decode(Self.self, from: Data(record.payload))
        else { return nil }
        self = generation
    }

    /// Appends the records to the partitions of this process and waits until they are durable.
    func append(to log: EventLog, _ partitions: [Int]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try log.append(
            control: Self.recordType, encoder.encode(self), to: partitions, at: number)
    }
}
