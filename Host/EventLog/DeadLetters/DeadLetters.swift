import Records
import Synchronization

/// The stored dead letters, for readers. Appending goes through `EventLog`. All members can be called from any thread.
///
/// They lie in `dead-letters/NNNNNNNNNN.jsonl` beside the log, named by their first letter: a line of totals, then a
/// line a letter. The oldest file is deleted when all together have more than `EventLogConfiguration.deadLetterBytes`.
package final class DeadLetters: Sendable {
    /// A letter and its number, which counts all letters of the log from 1.
    package struct Numbered: Sendable, Equatable {
        package let id: UInt64
        package let letter: DeadLetter
    }

    private struct Stored {
        var files: [DeadLetterFile]
        var totals: DeadLetterTotals
    }

    private let stored: Mutex<Stored>

    init(files: [DeadLetterFile], totals: DeadLetterTotals) { stored = Mutex(Stored(files: files, totals: totals)) }

    /// Letters so far by stage, those in deleted files included.
    package var counts: [DeadLetter.Stage: UInt64] {
        stored.withLock { stored in
            var counts: [DeadLetter.Stage: UInt64] = [:]
            for (name, count) in stored.totals.stages {
                if let stage = DeadLetter.Stage(rawValue: name) { counts[stage] = count }
            }
            return counts
        }
    }

    /// The number of the last letter; 0 if there is none.
    package var lastID: UInt64 { stored.withLock { $0.totals.letters } }

    /// The letters that follow number `id`, in order, at most `limit`, of one stage or of all. Reads files: not for an
    /// event loop.
    package func page(after id: UInt64 = 0, limit: Int, stage: DeadLetter.Stage? = nil) throws -> [Numbered] {
        let files = stored.withLock { $0.files }
        let start = files.lastIndex { $0.first <= id + 1 } ?? 0
        var page: [Numbered] = []
        for file in files.dropFirst(start) where page.count < limit {
            for letter in try DeadLetterLines.read(file.path, length: file.length).letters {
                guard letter.id > id, stage == nil || letter.letter.stage == stage else { continue }
                page.append(letter)
                if page.count == limit { break }
            }
        }
        return page
    }

    func publish(_ files: [DeadLetterFile], _ totals: DeadLetterTotals) {
        stored.withLock { $0 = Stored(files: files, totals: totals) }
    }
}
