import EventLog
import Foundation
import KeyValueStore

/// Where it is repeated what the control records of a log say, so that nobody has to read the whole log before he can fold it: for
/// one kind of them, each partition's notes. All members: any thread.
struct ControlNotes: Sendable {
    private enum Place {
        /// One file for all partitions, beside the log.
        case file(String)
        /// With the checkpoints, of a log that several hosts share: its writer is whose epochs they are.
        case store(any CheckpointStore, name: String)
    }

    private let place: Place

    init(file: String) { place = .file(file) }

    /// - Parameter name: stands where checkpoints have a plugin's id.
    init(in store: any CheckpointStore, name: String) { place = .store(store, name: name) }

    /// The notes of a partition; nil if there are none.
    func read(_ partition: Int) throws -> Data? {
        switch place {
        case .file(let path): try? Data(contentsOf: URL(filePath: path))
        case .store(let store, let name): try store.head(plugin: name, partition: partition).map { Data($0.summary) }
        }
    }

    /// Replaces the notes of the partitions whose epochs these are.
    func write(_ notes: Data, as epochs: Epochs) throws {
        switch place {
        case .file(let path): try notes.write(to: URL(filePath: path), options: .atomic)
        case .store(let store, let name):
            try store.commit(
                epochs.numbers.keys.sorted().map { partition in
                    Checkpoint(
                        log: epochs.log, plugin: name, partition: partition, position: 0, epoch: epochs[partition],
                        blocks: [], marks: [], summary: Array(notes))
                })
        }
    }
}
