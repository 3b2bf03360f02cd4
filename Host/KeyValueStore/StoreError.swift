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
        }
    }
}
