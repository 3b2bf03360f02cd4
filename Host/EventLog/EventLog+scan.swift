package import Records

extension EventLog {
    /// Reads what is durable now, from a place on, until `body` returns false: in the log's order, or of a log in Kafka in that of
    /// each partition. Not for following the log: that is what a `LogCursor` does.
    ///
    /// - Parameters:
    ///   - place: what `body` was given for a record, which is the first to be read then; nil: the first that is kept.
    ///   - body: given a record, borrowed for the call, and what tells its place. A text without meaning.
    /// - Throws: `outOfRange` for what is no place of this log; `corrupt` for a place between records; what `body` throws.
    package func scan(from place: String?, _ body: (RecordView, _ place: () -> String) throws -> Bool) throws {
        let numbers = try place.map(numbers)
        if configuration.kafka == nil || isShared {
            try storage.scan(from: numbers, body)
        } else {
            try follow(from: numbers, body)
        }
    }

    /// The end of a topic all of which is followed is in memory.
    private func follow(
        from place: [UInt64]?, _ body: (RecordView, () -> String) throws -> Bool
    ) throws {
        guard place?.count ?? identity.partitions == identity.partitions else { throw storage.noPlace }
        let end = durableEnd
        var positions = zip(place ?? firstPositions, firstPositions).map(max)
        let cursor = try LogCursor(self, from: positions)
        while let chunk = try cursor.next(through: end) {
            for index in 0..<chunk.count {
                let record = chunk[index]
                guard try body(record, { positions.place }) else { return }
                if record.kind?.hasPosition == true { positions[record.partition] = record.position + 1 }
            }
        }
    }

    private func numbers(_ place: String) throws -> [UInt64] {
        let numbers = place.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard !numbers.contains(nil) else { throw storage.noPlace }
        return numbers.compactMap { $0 }
    }
}

extension [UInt64] {
    /// As the text that `scan` takes.
    var place: String { map(String.init).joined(separator: "-") }
}
