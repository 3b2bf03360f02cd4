import CRecords
import Records

typealias DurableCallback = @Sendable (Result<Void, LogError>) -> Void

/// What is made durable together, by one sync.
final class CommitGroup {
    var records = Bytes()
    var letters: [DeadLetter] = []
    private var letterBytes = 0
    var closedSessions: [UInt32] = []
    var callbacks: [DurableCallback] = []
    /// A buffer that a burst has made larger than this is given back afterwards.
    private static let keptCapacity = 8 << 20

    var bytes: Int { records.count + letterBytes }

    var isEmpty: Bool { bytes == 0 && closedSessions.isEmpty && callbacks.isEmpty }

    func add(_ letters: [DeadLetter]) {
        self.letters += letters
        letterBytes += letters.reduce(0) { $0 + $1.weight }
    }

    func callBack(_ result: Result<Void, LogError>) {
        for callback in callbacks { callback(result) }
    }

    func removeAll() {
        if records.raw.capacity > Self.keptCapacity { records = Bytes() } else { records.truncate() }
        letters.removeAll()
        letterBytes = 0
        closedSessions.removeAll()
        callbacks.removeAll(keepingCapacity: true)
    }
}

extension DeadLetter {
    /// About the memory that it takes.
    var weight: Int { original.count + reason.utf8.count + 256 }
}
