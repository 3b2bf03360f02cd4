import Records

/// The records of a log in the segments of its folder.
struct SegmentStorage: LogStorage {
    let folder: LogFolder
    let identity: LogIdentity
    let state: DurableState
    let integrity: LogIntegrity?

    var firstPositions: [UInt64] { state.keptSegments[0].basePositions }

    func source(from positions: UnsafeMutableBufferPointer<UInt64>, chunkBytes: Int) throws -> any RecordSource {
        let segments = state.keptSegments
        let start = segments.last { segment in zip(segment.basePositions, positions).allSatisfy { $0 <= $1 } }
        return try LogReader(
            folder, identity, state, fromSegment: (start ?? segments[0]).number, chunkBytes: chunkBytes)
    }

    func scan(from place: [UInt64]?, _ body: (RecordView, () -> String) throws -> Bool) throws {
        let end = state.end
        var start: LogOffset?
        if let place {
            guard place.count == 2, let segment = UInt32(exactly: place[0]), let byte = UInt32(exactly: place[1]) else {
                throw noPlace
            }
            start = LogOffset(segment: segment, byte: byte)
        }
        try LogDirectory(folder.path).read(at: start) { record, offset in
            guard offset < end else { return false }
            return try body(record) { [UInt64(offset.segment), UInt64(offset.byte)].place }
        }
    }

    var noPlace: LogError { LogError(.outOfRange, "\(folder.path): not a place of this log") }

    /// All partitions are on this disk.
    func assign(_ partitions: [Int]) {}

    func settle() {}

    func removeSegments(before number: UInt32) throws {
        let first = min(number, state.end.segment)
        guard state.keptSegments[0].number < first else { return }
        if let integrity {
            let path = folder.segmentPath(first)
            try integrity.signRetention(
                before: SegmentReader(path, number: first, identity: identity, chunkBytes: 0).header)
        } else if IntegrityFolder(folder, identity).isThere {
            throw LogError(
                .settings,
                "\(folder.path): this log is signed, so that no segment can be deleted unseen, and log.integrity is off; "
                    + "turn it on, or move the folder integrity away")
        }
        try dropSegments(before: first)
    }

    /// Segments whose deletion was signed, and then interrupted.
    func finishRemoval() throws {
        if let first = integrity?.retainedFrom { try dropSegments(before: first) }
    }

    private func dropSegments(before number: UInt32) throws {
        for dropped in state.dropSegments(before: number) { try File.remove(folder.segmentPath(dropped)) }
        try folder.folder.syncAll()
    }

    func stop() { integrity?.stop() }
}
