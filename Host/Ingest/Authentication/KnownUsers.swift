import FoundationEssentials
import Settings
import Synchronization

/// The tags of `local_storage` that an operator knows: a file with one in each line. The file is read again when it has
/// changed. All members: any thread.
package final class KnownUsers: Sendable {
    private struct State {
        var known: Set<String> = []
        var stamp: FileStamp?
    }

    private let file: String
    /// Whether somebody with another tag may come in, unauthenticated.
    let takesOthers: Bool
    private let state = Mutex(State())

    /// The largest file that is read.
    private static let limit = 64 << 20

    init(file: String, takesOthers: Bool) {
        self.file = file
        self.takesOthers = takesOthers
        _ = reload()
    }

    func contains(_ tag: String) -> Bool { state.withLock { $0.known.contains(tag) } }

    /// Reads the file again if it has changed. Blocks: not for an event loop. Returns what keeps it from being read, once for
    /// each change; the tags before stay then.
    package func reload() -> String? {
        let stamp = FileStamp(file)
        guard state.withLock({ $0.stamp != stamp }) else { return nil }
        state.withLock { $0.stamp = stamp }
        guard let read = FileManager.default.contents(atPath: file) else { return "\(file): can't be read" }
        guard read.count <= Self.limit else { return "\(file): it has more than \(Self.limit) bytes" }
        let tags = String(decoding: read, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map { $0.trimmingPrefix(while: \.isWhitespace) }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
        state.withLock { $0.known = Set(tags.map(String.init)) }
        return nil
    }
}
