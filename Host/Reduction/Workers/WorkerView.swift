import KeyValueStore
import PluginHost
import Records

/// What is shown of a plugin that runs in a worker: its code makes the rows there. Not thread-safe.
final class WorkerView: PluginViewing {
    private let workers: Workers
    private let description: PluginDescription
    private let versions: VersionCounter
    /// The worker that has the states; nil until it was told to forget what another view had there.
    private var group: WorkerGroup?

    init(_ build: PluginBuild, _ workers: Workers, _ versions: VersionCounter) {
        self.workers = workers
        self.versions = versions
        description = build.description
    }

    func apply(_ blocks: [StateBlock], partition: Int, position: UInt64, newestFirst: Bool) throws {
        let group = try open()
        let message = StatesMessage(
            shard: 0, partition: partition, position: position, newestFirst: newestFirst, marks: [], blocks: blocks
        ).message
        try group.tell(.viewApply, message.bytes)
    }

    func makeTables(all: Bool) throws -> [TableSnapshot] {
        return try open().answer(.viewRows, write: { $0.write(all) }) { reader throws(MalformedMessage) in
            try TablesMessage.read(&reader, of: self.description, version: self.versions.next)
        }
    }

    func entries(of reducer: String, parts: [String: String], after: String?, limit: Int) throws -> [StateEntry]? {
        let query = StatesQuery(reducer: reducer, parts: parts, after: after, limit: limit)
        return try open().answer(.viewStates, write: { query.write(to: &$0) }) { reader throws(MalformedMessage) in
            try StatesQuery.answer(&reader)
        }
    }

    private func open() throws -> WorkerGroup {
        if let group { return group }
        let group = try workers.group(description.id)
        try group.tell(.viewOpen, Bytes())
        self.group = group
        return group
    }
}

/// A source of a plugin that runs in a worker. Any thread.
struct WorkerSource: SourceDecoding {
    let id: String
    let plugin: String
    let workers: Workers

    func decode(_ line: UnsafeRawBufferPointer) -> [SourceOutcome] {
        do {
            return try workers.group(plugin).answer(
                .decode,
                write: {
                    $0.write(id)
                    $0.write(line)
                }
            ) { reader throws(MalformedMessage) in try OutcomesMessage.read(&reader) }
        } catch {
            // The line goes to the dead letters, and can be sent again from there.
            return [.rejected(reason: "source \(id) could not read it: \(error)")]
        }
    }
}

extension WorkerGroup {
    fileprivate func answer<Answer>(
        _ kind: WorkerMessageKind, write: (inout WireWriter) -> Void,
        read: (inout WireReader) throws(MalformedMessage) -> Answer
    ) throws -> Answer {
        try ask(kind, write).withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            _ = try reader.integer(UInt64.self)
            return try read(&reader)
        }
    }
}
