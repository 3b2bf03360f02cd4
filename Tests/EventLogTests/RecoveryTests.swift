import EventLog
import FoundationEssentials
import Records
import Testing

/// What is left after a crash, made by cutting and changing files. The file `durable` is what tells a torn tail from
/// damage.
@Suite struct RecoveryTests {
    private let folder = TemporaryFolder()

    /// A closed log of small records, none of them known to be durable.
    private func closedLog(_ count: Int, segmentBytes: Int = 1 << 20) throws -> [Sample] {
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = segmentBytes })
        var source = SampleSource(seed: 4)
        let samples = (0..<count).map { _ in source.sample(partitions: 16, longest: 40) }
        for start in stride(from: 0, to: count, by: 5) { try log.store(Array(samples[start..<min(start + 5, count)])) }
        try log.close()
        return positioned(samples)
    }

    private func forgetDurable() throws { try FileManager.default.removeItem(atPath: folder.durable) }

    /// Where each record of the only segment ends.
    private func ends(_ samples: [Sample]) throws -> [Int] {
        var end = 80 + 8 * 16
        return try samples.map { sample in
            let batch = RecordBatch()
            var sample = sample
            if !sample.kind.hasPosition { sample.partition = 0 }
            try sample.append(to: batch)
            end += batch.bytes.count
            return end
        }
    }

    @Test func everyLengthOfATornTail() throws {
        let samples = try closedLog(30)
        try forgetDurable()
        let path = folder.segments[0]
        let whole = contents(path)
        let ends = try ends(samples)
        #expect(ends.last == whole.count)
        for length in ends[25]...whole.count {
            try write(Array(whole[..<length]), to: path)
            let log = try EventLog.open(folder.configuration())
            let kept = ends.prefix { $0 <= length }.count
            #expect(try log.read() == Array(samples[..<kept]))
            let torn = length - ends[kept - 1]
            #expect(log.recovery.truncations.map(\.bytes) == (torn == 0 ? [] : [torn]))
            #expect(log.recovery.truncations.allSatisfy { $0.offset == ends[kept - 1] && $0.file == path })
            // The log goes on where it was cut.
            var sample = samples[kept < 30 ? kept : 0]
            sample.partition = 5
            try log.store([sample])
            #expect(try log.read() == positioned(Array(samples[..<kept]) + [sample]))
            try log.close()
            try forgetDurable()
        }
    }

    @Test func aFlippedBitInTheTailThatNobodyWasToldOf() throws {
        let samples = try closedLog(30)
        try forgetDurable()
        let path = folder.segments[0]
        let whole = contents(path)
        let ends = try ends(samples)
        for byte in ends[24]..<ends[26] {
            var bytes = whole
            bytes[byte] ^= 1 << UInt8(byte % 8)
            try write(bytes, to: path)
            let log = try EventLog.open(folder.configuration())
            let kept = byte < ends[25] ? 25 : 26
            #expect(try log.read() == Array(samples[..<kept]))
            #expect(log.recovery.truncations.map(\.bytes) == [whole.count - ends[kept - 1]])
            try log.close()
            try forgetDurable()
        }
    }

    @Test func aFlippedBitInWhatWasDurableIsRefused() throws {
        let samples = try closedLog(30)
        let path = folder.segments[0]
        let whole = contents(path)
        let ends = try ends(samples)
        for byte in stride(from: ends[3], to: ends[20], by: 7) {
            var bytes = whole
            bytes[byte] ^= 4
            try write(bytes, to: path)
            let error = logError { _ = try EventLog.open(folder.configuration()) }
            #expect(error?.code == .corrupt)
            let start = ends.last { $0 <= byte }!
            #expect(error?.description.contains("\(path), byte \(start)") == true)
            #expect(contents(path) == bytes, "a refusal changes nothing")
        }
    }

    @Test func aLostEndThatWasDurableIsRefused() throws {
        _ = try closedLog(30)
        let path = folder.segments[0]
        let whole = contents(path)
        try write(Array(whole.dropLast(8)), to: path)
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
        try write(whole, to: path)
        try EventLog.open(folder.configuration()).close()
    }

    @Test func zerosAfterTheLastRecordAreNothingToSay() throws {
        let samples = try closedLog(30)
        let path = folder.segments[0]
        try write(contents(path) + Array(repeating: 0, count: 3000), to: path)
        let log = try EventLog.open(folder.configuration())
        #expect(log.recovery.truncations == [])
        #expect(try log.read() == samples)
        try log.close()
    }

    @Test func garbageAfterTheLastRecordIsCutOff() throws {
        let samples = try closedLog(30)
        let path = folder.segments[0]
        let whole = contents(path)
        var source = SampleSource(seed: 77)
        for length in [1, 79, 80, 81, 5000] {
            let garbage = (0..<length).map { _ in UInt8.random(in: 0...255, using: &source) | 1 }
            try write(whole + garbage, to: path)
            let log = try EventLog.open(folder.configuration())
            #expect(log.recovery.truncations.map(\.bytes) == [length])
            #expect(log.recovery.description.contains("cut off the last \(length) bytes"))
            #expect(try log.read() == samples)
            try log.close()
            #expect(contents(path) == whole)
        }
    }

    /// Behind a torn record there may be whole ones. They are not to come back behind a new record of the same length.
    @Test func whatWasCutOffStaysGone() throws {
        let samples = try closedLog(30)
        try forgetDurable()
        let path = folder.segments[0]
        var bytes = contents(path)
        bytes[try ends(samples)[24] + 20] ^= 1
        try write(bytes, to: path)
        // Direct writes would fill the page up with zeros and so hide the old records.
        let log = try EventLog.open(folder.configuration { $0.direct = false })
        #expect(log.recovery.truncations.count == 1)
        try log.store([samples[25]])

        // As after a kill -9: the files as they are, with nobody to close them.
        let copy = TemporaryFolder()
        try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
        let crashed = try EventLog.open(copy.configuration())
        #expect(crashed.recovery.truncations == [])
        #expect(try crashed.read() == positioned(Array(samples[..<25]) + [samples[25]]))
        try crashed.close()
        try log.close()
    }

    /// A crash while a segment begins: nothing in it was ever durable.
    @Test func aTornHeadRemovesTheSegment() throws {
        let samples = try closedLog(200, segmentBytes: 6000)
        let last = folder.segments.last!
        let whole = contents(last)
        let first = headLength(of: whole)
        let kept = samples.count - (try recordsAfterHead(whole, first))
        for length in [0, 1, 79, 100, 207, first - 1] where length < first {
            try forgetDurable()
            try write(Array(whole[..<length]), to: last)
            let log = try EventLog.open(folder.configuration { $0.segmentBytes = 6000 })
            #expect(log.recovery.truncations.map(\.file) == [last])
            #expect(log.recovery.truncations.map(\.bytes) == [length])
            #expect(try log.read() == Array(samples[..<kept]))
            try log.close()
            try write(whole, to: last)
        }
        // A flipped bit in the header of a segment that was durable is not a torn head.
        try forgetDurable()
        try EventLog.open(folder.configuration { $0.segmentBytes = 6000 }).close()
        var bytes = whole
        bytes[33] ^= 1
        try write(bytes, to: last)
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
    }

    /// The length of header and repeated records, as a segment's header says it.
    private func headLength(of segment: [UInt8]) -> Int { segment[48..<56].reversed().reduce(0) { $0 << 8 | Int($1) } }

    private func recordsAfterHead(_ segment: [UInt8], _ head: Int) throws -> Int {
        segment[head...].withUnsafeBytes { RecordSequence($0).reduce(0) { $0 + ($1.kind!.hasPosition ? 1 : 0) } }
    }

    @Test func damageInAnOlderSegmentIsNeverCutOff() throws {
        let samples = try closedLog(200, segmentBytes: 6000)
        #expect(folder.segments.count > 3)
        let path = folder.segments[1]
        let whole = contents(path)

        var bytes = whole
        bytes[whole.count / 2] ^= 16
        try write(bytes, to: path)
        let log = try EventLog.open(folder.configuration())
        let error = logError { _ = try log.read() }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains(path) == true)
        try log.close()
        #expect(contents(path) == bytes)

        try write(Array(whole.dropLast(8)), to: path)
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
        bytes = whole
        bytes[20] ^= 1
        try write(bytes, to: path)
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
        try FileManager.default.removeItem(atPath: path)
        let missing = logError { _ = try EventLog.open(folder.configuration()) }
        #expect(missing?.code == .corrupt)
        #expect(missing?.description.contains("missing") == true)

        try write(whole, to: path)
        let again = try EventLog.open(folder.configuration())
        #expect(try again.read() == samples)
        try again.close()
    }

    @Test func whatAnotherBuildOrLogWroteIsNeverCutOff() throws {
        _ = try closedLog(10)
        try forgetDurable()
        let path = folder.segments[0]
        let other = TemporaryFolder()
        try EventLog.open(other.configuration()).close()
        try write(contents(other.segments[0]), to: path)
        let error = logError { _ = try EventLog.open(folder.configuration()) }
        #expect(error?.code == .corrupt)
        #expect(error?.description.contains("another log") == true)
    }

    @Test func aMissingDescriptionIsRefused() throws {
        _ = try closedLog(10)
        try FileManager.default.removeItem(atPath: folder.path + "/log.json")
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
        try write(Array("{}".utf8), to: folder.path + "/log.json")
        #expect(logError { _ = try EventLog.open(folder.configuration()) }?.code == .corrupt)
    }

    @Test func theDescriptionIsForTheHostsUserAlone() throws {
        try EventLog.open(folder.configuration()).close()
        for path in [folder.path + "/log.json"] + folder.segments {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
        }
    }
}
