import CPluginAPI
import KeyValueStore
import PluginHost
import Records

/// Makes a build's checkpoints of those of another version, by the migrations of one of the two: in a process that is
/// thrown away, so that what it does there harms nobody. Not thread-safe.
struct StateMigration {
    /// So many states are given to the process at once.
    private static let slice = 4096

    private let build: PluginBuild
    /// The processes, by the builds that are loaded there.
    private var processes: [String: WorkerProcess] = [:]

    /// - Parameter build: goes on from what is made.
    init(_ build: PluginBuild) { self.build = build }

    /// The checkpoint with the states as the build stores them, each once. Nil if a build with migrations is not kept any more.
    ///
    /// - Throws: why a state could not be converted.
    mutating func migrate(
        _ stored: RestoredCheckpoint, by edges: [CheckpointSummary.Edge]
    ) throws -> RestoredCheckpoint? {
        var migrated = stored
        migrated.summary =
            CheckpointSummary(
                build.description, latest: CheckpointSummary(stored.summary)?.latest
            ).bytes
        migrated.blocks = []
        for reducer in build.description.reducers {
            let edge = edges.first { $0.migration.reducer == reducer.id }
            let version = edge?.migration.from ?? reducer.version
            var blocks = Self.newest(
                in: stored.blocks.filter { $0.component == reducer.id && $0.incarnation == version && !$0.external })
            if let edge {
                guard let process = try process(of: edge.build) else { return nil }
                blocks = try blocks.map { try convert($0, by: edge.migration, for: reducer, in: process) }
            }
            migrated.blocks += blocks
        }
        return migrated
    }

    private mutating func process(of build: String) throws(PluginRefusal) -> WorkerProcess? {
        if let process = processes[build] { return process }
        processes[build] = try self.build.probe(ofBuild: build)
        return processes[build]
    }

    /// The newest states of blocks that begin with the newest, in blocks of at most a slice.
    private static func newest(in blocks: [StateBlock]) -> [StateBlock] {
        var seen: Set<[UInt8]> = []
        var newest: [StateBlock] = []
        for block in blocks {
            block.forEachEntry { key, value in
                let key = Array(key)
                guard seen.insert(key).inserted, let value else { return }
                if newest.last.map({ $0.count == slice }) ?? true {
                    var empty = block
                    empty.bytes = []
                    empty.count = 0
                    newest.append(empty)
                }
                newest[newest.count - 1].append(key: key, value: Array(value))
            }
        }
        return newest
    }

    private func convert(
        _ block: StateBlock, by migration: Migration, for reducer: ReducerDescription, in process: WorkerProcess
    ) throws -> StateBlock {
        var question = WireWriter()
        question.write(UInt64(0))
        question.write(migration.reducer)
        question.write(UInt32(migration.from))
        question.write(UInt32(migration.to))
        question.write(block.bytes)
        let answer = try process.ask(.migrate, question.bytes, build.limits, "while it migrated \(migration)")
        var converted = block
        converted.incarnation = reducer.version
        converted.bytes = try answer.read { reader throws(MalformedMessage) in
            _ = try reader.integer(UInt64.self)
            guard try reader.boolean() else {
                throw MalformedMessage("can't migrate \(migration): \(try reader.text())")
            }
            return Array(try reader.part())
        }
        try converted.check()
        return converted
    }
}

extension Plugin {
    /// Answers what `StateMigration` asks, behind the number of the question.
    func migrate(_ question: inout WireReader, answer: inout WireWriter) throws(MalformedMessage) {
        let migration = Migration(
            reducer: try question.text(), from: Int(try question.integer(UInt32.self)),
            to: Int(try question.integer(UInt32.self)))
        let bytes = try question.part()
        guard let component = migrations.first(where: { $0.description == migration }) else {
            throw MalformedMessage("a migration of \(migration), which it has not")
        }
        let converted = BlockBuffer()
        var problem: String?
        StateBlock.forEachEntry(of: bytes) { key, value in
            guard let value, problem == nil else { return }
            problem = converted.add {
                $0.append(key)
            } value: { buffer in
                write(to: buffer) {
                    component.raw.convert(component.raw.context, value.baseAddress, UInt64(value.count), $0)
                }
            }
        }
        answer.write(problem == nil)
        if let problem {
            answer.write("expected the state as one CBOR item, found \(problem)")
        } else {
            converted.withBytes { answer.write($0) }
        }
    }
}
