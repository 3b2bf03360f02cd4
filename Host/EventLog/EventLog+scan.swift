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
        if configuration.kafka == nil {
            try scanSegments(numbers, body)
        } else {
            try scanPartitions(numbers, body)
        }
    }

    private func scanSegments(
        _ place: [UInt64]?, _ body: (RecordView, () -> String) throws -> Bool
    ) throws {
        let end = durableEnd
        var start: LogOffset?
        if let place {
            guard place.count == 2, let segment = UInt32(exactly: place[0]), let byte = UInt32(exactly: place[1]) else {
                throw noPlace
            }
            start = LogOffset(segment: segment, byte: byte)
        }
        try LogDirectory(configuration.directory).read(at: start) { record, offset in
            guard offset < end else { return false }
            return try body(record) { "\(offset.segment)-\(offset.byte)" }
        }
    }

    private func scanPartitions(
        _ place: [UInt64]?, _ body: (RecordView, () -> String) throws -> Bool
    ) throws {
        guard place?.count ?? identity.partitions == identity.partitions else { throw noPlace }
        let end = durableEnd
        var positions = zip(place ?? firstPositions, firstPositions).map(max)
        let cursor = try LogCursor(self, from: positions)
        while let chunk = try cursor.next(through: end) {
            for index in 0..<chunk.count {
                let record = chunk[index]
                guard try body(record, { positions.map(String.init).joined(separator: "-") }) else { return }
                if record.kind?.hasPosition == true { positions[record.partition] = record.position + 1 }
            }
        }
    }

    private func numbers(_ place: String) throws -> [UInt64] {
        let numbers = place.split(separator: "-", omittingEmptySubsequences: false).map { UInt64($0) }
        guard !numbers.contains(nil) else { throw noPlace }
        return numbers.compactMap { $0 }
    }

    private var noPlace: LogError { LogError(.outOfRange, "\(self.place): not a place of this log") }
}
