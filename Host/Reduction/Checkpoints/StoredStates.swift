import EventLog
import KeyValueStore
import PluginHost
import Records

/// The last checkpoints of a plugin, as one of its builds goes on from them.
struct StoredStates {
    enum Course {
        /// The build goes on from what is stored, if there is anything.
        case continued
        /// It goes on from what migrations have made of it, which the store does not hold yet.
        case migrated
        /// It can't go on, and folds the log from its first record.
        case rebuilt
    }

    private let plugin: String
    private let epochs: Epochs
    private let store: any CheckpointStore
    private(set) var course = Course.continued
    /// By partition; those from which nothing is known are left out. Without states and marks, unless they were migrated: one
    /// partition's at a time are enough in memory.
    private(set) var checkpoints: [Int: RestoredCheckpoint] = [:]

    /// The checkpoint of a partition with its states; nil if there is none. It may be a later one than `checkpoints` has.
    func load(_ partition: Int) throws -> RestoredCheckpoint? {
        guard checkpoints[partition] != nil, course == .continued else { return checkpoints[partition] }
        return try store.restore(plugin: plugin, partition: partition)
    }

    /// - Throws: `RestoreError`, or what the store throws.
    init(of build: PluginBuild, _ parts: EngineParts) throws {
        plugin = build.id
        epochs = parts.epochs
        store = parts.store
        let log = parts.log.identity
        var edges: [Int: [CheckpointSummary.Edge]] = [:]
        for partition in parts.partitions {
            guard let stored = try store.head(plugin: build.id, partition: partition) else { continue }
            guard let summary = CheckpointSummary(stored.summary), let way = summary.edges(to: build.description) else {
                rebuild()
                return
            }
            guard stored.log == log.id else {
                throw RestoreError(plugin: build.id, partition: partition, reason: RestoreError.otherLog)
            }
            checkpoints[partition] = stored
            edges[partition] = way
        }
        if edges.values.allSatisfy(\.isEmpty) { return }
        var migration = StateMigration(build)
        for partition in checkpoints.keys {
            do {
                guard let stored = try load(partition) else { continue }
                guard let migrated = try migration.migrate(stored, by: edges[partition] ?? []) else {
                    rebuild()
                    return
                }
                checkpoints[partition] = migrated
            } catch {
                throw RestoreError(
                    plugin: build.id, partition: partition,
                    reason: "\(error); `lectern plugin rebuild \(build.id)` folds the log anew instead")
            }
        }
        course = .migrated
    }

    private mutating func rebuild() {
        course = .rebuilt
        checkpoints = [:]
    }

    /// What the store has to hold in place of all that it holds of the plugin; nil unless it was migrated.
    var replacement: [Checkpoint]? {
        guard course == .migrated else { return nil }
        return checkpoints.flatMap { partition, stored in
            var marks = MarkSet.joined(stored.marks)
            let last = marks.popLast() ?? []
            let head = Checkpoint(
                log: stored.log, plugin: plugin, partition: partition, position: stored.position,
                epoch: epochs[partition],
                blocks: [], marks: [], summary: stored.summary)
            return (marks + [last]).enumerated().map { index, marks in
                head.adding(marks, index == 0 ? stored.blocks : [])
            }
        }
    }
}

extension Checkpoint {
    fileprivate func adding(_ marks: [UInt8], _ blocks: [StateBlock]) -> Checkpoint {
        var checkpoint = self
        checkpoint.marks = marks
        checkpoint.blocks = blocks
        return checkpoint
    }
}
