import FoundationEssentials
import Synchronization

/// The tags of `local_storage` that an operator knows: a file with one in each line, read again for each connection that asks.
/// All members: any thread.
package final class KnownUsers: Sendable {
    private let file: String
    /// Whether somebody with another tag may come in, unauthenticated.
    let takesOthers: Bool
    /// What was read last, which holds while the file can't be read.
    private let known = Mutex<Set<String>>([])

    init(file: String, takesOthers: Bool) {
        self.file = file
        self.takesOthers = takesOthers
    }

    /// Blocks for as long as reading the file takes: for each event of a connection that nobody has recognized yet.
    func contains(_ tag: String) -> Bool {
        let read = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
        return known.withLock { known in
            if let read {
                known = Set(
                    read.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }
                        .filter { !$0.isEmpty && !$0.hasPrefix("#") }.map(String.init))
            }
            return known.contains(tag)
        }
    }
}
