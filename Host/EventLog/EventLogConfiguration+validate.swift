extension EventLogConfiguration {
    /// Without a sync the system's cache is what keeps records.
    var writesDirectly: Bool { direct && sync }

    /// - Throws: `LogError` with code `settings` that names each setting out of its range.
    func validate() throws {
        var problems: [String] = []
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) {
            guard !range.contains(value) else { return }
            problems.append("log.\(name): \(value) found, \(range.lowerBound) to \(range.upperBound) expected")
        }
        check("partitions", partitions ?? LogIdentity.defaultPartitions, 1...SegmentHeader.maximumPartitions)
        check("segment", segmentBytes, 1 << 12...1 << 31)
        check("buffer", bufferBytes, 1 << 16...1 << 36)
        check("tail", tailBytes, 1 << 20...1 << 36)
        check("limit", limitBytes ?? 1 << 20, 1 << 12...Int.max)
        check("clients", clients, 1...10_000_000)
        check("dead_letters", deadLetterBytes, 1 << 16...1 << 40)
        if syncDelay < .zero || syncDelay > .seconds(10) {
            problems.append("log.sync_delay: \(syncDelay) found, 0 to 10 s expected")
        }
        if directory.isEmpty { problems.append("log.directory: nothing found, a folder expected") }
        if !problems.isEmpty { throw LogError(.settings, problems.joined(separator: "\n")) }
    }
}
