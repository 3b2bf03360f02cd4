import Records

/// What the log's thread does: takes group after group, makes it durable, and calls back.
///
/// `@unchecked Sendable`: made by one thread and then used by the log's thread alone.
final class Committer: @unchecked Sendable {
    private let queue: AppendQueue
    private let state: DurableState
    private let records: any RecordWriter
    private let deadLetters: DeadLetterWriter
    private let marks = RecordBatch()

    init(_ queue: AppendQueue, _ state: DurableState, _ records: any RecordWriter, _ deadLetters: DeadLetterWriter) {
        self.queue = queue
        self.state = state
        self.records = records
        self.deadLetters = deadLetters
    }

    /// Returns when the queue is closed and empty.
    func run() {
        var spare = CommitGroup()
        while let group = queue.take(leaving: spare) {
            group.callBack(commit(group))
            group.removeAll()
            spare = group
        }
        if state.whyStopped == nil { close() }
    }

    private func close() {
        do { try records.close() } catch { stop(error) }
    }

    /// After an error of the disk nothing is tried again: what a failed sync has left on the disk is not known.
    private func commit(_ group: CommitGroup) -> Result<Void, LogError> {
        if let failure = state.whyStopped { return .failure(failure) }
        do {
            if !group.letters.isEmpty {
                try deadLetters.append(group.letters)
                try appendMarks(of: group)
            }
            let refused = try records.append(group.records.contents)
            if !refused.isEmpty { try deadLetters.append(refused) }
            records.closeSessions(group.closedSessions)
            return .success(())
        } catch {
            return .failure(stop(error))
        }
    }

    @discardableResult
    private func stop(_ error: any Error) -> LogError {
        let failure = error as? LogError ?? LogError(.disk, "the log failed: \(error)")
        queue.stop(failure)
        state.stop(failure)
        return failure
    }

    /// Letters of clients that number their events count as durable records of theirs: a mark in the log says so.
    private func appendMarks(of group: CommitGroup) throws {
        marks.removeAll()
        for letter in group.letters {
            guard let client = letter.client, client.utf8.count <= UInt16.max, let sequence = letter.sequence else {
                continue
            }
            try Array(client.utf8).withUnsafeBytes { id in
                var record = NewRecord()
                record.kind = .mark
                record.client = id
                record.sequence = sequence
                record.received = letter.received
                try marks.append(record)
            }
        }
        group.records.append(marks.bytes)
    }
}
