import CRecords
import EventLog
import KeyValueStore
import Records

/// What is different where the log is a topic: nothing in it is rewritten, and what students have sent goes with their keys.
extension Custody {
    /// The stores of the settings, with the students' keys in one of them.
    struct Seals {
        let stores: KeyValueStores
        let keys: StudentKeysStore
    }

    /// Nil: the log is not sealed.
    func seals() throws -> Seals? {
        guard log.kafka?.sealing != nil else { return nil }
        let stores = try KeyValueStores(self.stores, folder: data)
        return try StudentKeysStore(log, stores).map { Seals(stores: stores, keys: $0) }
    }

    /// Throws if a student could not be erased now: what is decided should be carried out.
    package func check() throws {
        let log = try LogRewriting(log)
        defer { log.close() }
        _ = try stored(log, seals())
    }

    /// The log's records as they are now.
    func stored(_ log: LogRewriting, _ seals: Seals?) throws -> any StoredLog {
        guard let seals, let kafka = self.log.kafka else { return try log.directory() }
        let topic = try StoredTopic(kafka, keys: seals.keys)
        guard topic.identity == log.identity else {
            throw CustodyError("\(kafka.name): this is another log than that of \(self.log.directory)")
        }
        return topic
    }

    /// Destroys the students' keys.
    ///
    /// - Parameters:
    ///   - records: of the log as it was before.
    ///   - erasing: counts whose records name the students.
    /// - Returns: for each erasure what was done, and what is left in the topic.
    func eraseTopic(
        _ erasures: [UnfinishedErasure], _ seals: Seals, _ records: any StoredLog, _ erasing: LogErasing
    ) async throws -> [ErasureCertificate.Topic] {
        guard let topic = records as? StoredTopic else { preconditionFailure("a sealed log is a topic") }
        try erasing.count(records)
        var done: [ErasureCertificate.Topic] = []
        for (index, erasure) in erasures.enumerated() {
            let unsealed = try topic.unsealedEvents(of: Set(erasure.decision.pseudonyms))
            let keys = try await seals.keys.destroy([erasure.decision])
            done.append(
                ErasureCertificate.Topic(keys: keys, unsealed: unsealed, mentions: erasing.mentions[index]))
        }
        return done
    }
}

extension LogErasing {
    /// Counts what a rewriting would change, and changes nothing.
    fileprivate func count(_ records: any StoredLog) throws {
        var copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { copy.deallocate() }
        try records.forEachRecord { record in
            if record.bytes.count > copy.count {
                copy.deallocate()
                copy = .allocate(byteCount: 2 * record.bytes.count, alignment: 16)
            }
            copy.copyMemory(from: record.bytes)
            _ = change(record, copy.baseAddress!.assumingMemoryBound(to: lectern_record.self))
        }
    }
}
