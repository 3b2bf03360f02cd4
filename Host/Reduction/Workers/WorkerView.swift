import KeyValueStore
import PluginHost
import Records

/// What is shown of a plugin that runs in a worker: its code makes the rows there. Not thread-safe.
final class WorkerView: PluginViewing {
    private let workers: Workers
    private let description: PluginDescription
    private let columns: DerivedColumns
    private let versions: VersionCounter
    /// The worker that has the states; nil until it was told to forget what another view had there.
    private var group: WorkerGroup?

    /// - Parameter columns: what is added to its tables. Added here, since other plugins' functions are not in its worker.
    init(_ build: PluginBuild, _ columns: DerivedColumns, _ workers: Workers, _ versions: VersionCounter) {
        self.workers = workers
        self.versions = versions
        self.columns = columns
        description = build.description
    }

    func apply(_ blocks: [StateBlock], partition: Int, position: UInt64, newestFirst: Bool) throws {
        let group = try open()
        let message = StatesMessage(
            shard: 0, partition: partition, position: position, newestFirst: newestFirst, summary: [],
            marks: [], blocks: blocks
        ).message
        try group.tell(.viewApply, message.bytes)
    }

    func makeTables(all: Bool) throws -> [TableSnapshot] {
        let tables = try open().answer(.viewRows, write: { $0.write(all) }) { reader throws(MalformedMessage) in
            try TablesMessage.read(&reader, of: self.description, version: self.versions.next)
        }
        return tables.map { table in
            let derived = columns[table.id]
            return derived.isEmpty
                ? table
                : TableSnapshot(
                    id: table.id, title: table.title, columns: table.columns + derived.map(\.column),
                    rows: derived.extend(table.rows), version: table.version)
        }
    }

    func takeChanges(all: Bool) throws -> [TableChanges.Table] {
        let tables = try open().answer(.viewChanges, write: { $0.write(all) }) { reader throws(MalformedMessage) in
            try TableChangesMessage.read(&reader, of: self.description)
        }
        return tables.map { table in
            let derived = columns[table.id]
            return derived.isEmpty
                ? table
                : TableChanges.Table(
                    id: table.id, columns: table.columns + derived.map(\.column), rows: derived.extend(table.rows),
                    gone: table.gone)
        }
    }

    func entries(of reducer: String, selection: KeySelection, after: String?, limit: Int) throws -> [StateEntry]? {
        let query = StatesQuery(reducer: reducer, selection: selection, after: after, limit: limit)
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

extension Workers {
    /// The functions of all these plugins. One that runs in a worker is asked once for all rows; while the worker is gone,
    /// its results are null.
    func functions(of plugins: [PluginBuild]) -> [CallableFunction] {
        plugins.flatMap { build in
            build.code?.callableFunctions
                ?? build.description.functions.map { function in
                    CallableFunction(function, of: build.id) { [self] columns, rows in
                        let cells = try? group(build.id).answer(
                            .call,
                            write: { ColumnsMessage.write(function.id, columns, rows: rows, to: &$0) },
                            read: { reader throws(MalformedMessage) in
                                try ColumnsMessage.cells(&reader, count: rows, type: function.result)
                            })
                        return cells ?? Array(repeating: .null, count: rows)
                    }
                }
        }
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
        try ask(kind, write).read { reader throws(MalformedMessage) in
            _ = try reader.integer(UInt64.self)
            return try read(&reader)
        }
    }
}
