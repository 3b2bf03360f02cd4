/// Why a store did not do what it was asked for.
package enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The key is a state's, which only checkpoints may write.
    case stateKey(String)
    /// The value is no JSON text; of which key.
    case notJSON(key: String)
    /// The block does not hold what it says.
    case badBlock(plugin: String, component: String, reason: String)
    /// Stored bytes that can't be what was stored: where and what.
    case corrupt(place: String, found: String)
    /// Another process has the store.
    case inUse(path: String)
    /// The store was written by a version of this program that it can't read.
    case unknownFormat(path: String, found: String, expected: String)
    /// The operating system refused.
    case system(action: String, path: String, reason: String)
    /// No such store in the settings.
    case noStore(name: String, known: [String])
    /// A cursor that no scan of this store gave.
    case badCursor(String)
    /// A line of a dump that can't be read.
    case badDump(line: Int, expected: String)
    /// Another has drawn a larger epoch for the partition.
    case fenced(partition: Int, epoch: UInt64, present: UInt64)
    /// The store does not keep what it is given, so that it can't have states.
    case forgets(store: String, reason: String, remedy: String)
    /// Another checkpoint is stored than was stored last; positions, nil: none.
    case otherCheckpoint(plugin: String, partition: Int, position: UInt64?, expected: UInt64?)
    /// A server does not answer, or does not want us.
    case unreachable(server: String, reason: String)
    /// The connection ended before the answer came, so that nobody knows whether something was changed.
    case unanswered(server: String, reason: String)
    /// A server refused what it was asked for.
    case server(server: String, reason: String)

    package var description: String {
        switch self {
        case .stateKey(let key):
            "\(key): the key of a state, which is written by checkpoints only; choose another key"
        case .notJSON(let key): "\(key): the value is not a JSON text"
        case .badBlock(let plugin, let component, let reason): "states of \(plugin).\(component): \(reason)"
        case .corrupt(let place, let found):
            "\(place): damaged: \(found); remove the store and let the states be made again from the log"
        case .inUse(let path): "\(path): another process uses this store; stop it, or choose another path"
        case .unknownFormat(let path, let found, let expected):
            "\(path): found a store of format \(found), expected \(expected); use the version that wrote it"
        case .system(let action, let path, let reason): "\(path): can't \(action): \(reason)"
        case .noStore(let name, let known):
            "found no key-value store named \"\(name)\", expected one of \(known.joined(separator: ", ")); see `kvs`"
        case .badCursor(let cursor): "found the cursor \"\(cursor)\", expected one that a page before gave as its next"
        case .badDump(let line, let expected): "line \(line) of the dump: expected \(expected)"
        case .fenced(let partition, let epoch, let present):
            "partition \(partition): found epoch \(present) in the store, expected \(epoch): another host has taken the "
                + "partition over; nothing was written"
        case .forgets(let store, let reason, let remedy): "\(store) can't hold states: \(reason); \(remedy)"
        case .otherCheckpoint(let plugin, let partition, let position, let expected):
            "the checkpoint of plugin \(plugin), partition \(partition): found \(position.map { "position \($0)" } ?? "none"), "
                + "expected \(expected.map { "position \($0)" } ?? "none"), which was stored last: the server has lost what "
                + "it had confirmed, or another process has written; start the host again to go on from what is stored"
        case .unreachable(let server, let reason): "\(server): can't be reached: \(reason)"
        case .unanswered(let server, let reason):
            "\(server): the connection ended before the answer came (\(reason)); look whether the value has changed"
        case .server(let server, let reason): "\(server): \(reason)"
        }
    }
}
