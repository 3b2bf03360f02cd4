import EventLog
import FoundationEssentials
import Records
import Testing

/// Segments that were damaged anyhow: what is read of them is what was written, and the rest is said to be damaged.
@Suite struct SegmentFuzzTests {
    @Test(arguments: 0..<60)
    func whatIsReadIsWhatWasWritten(seed: Int) throws {
        let folder = TemporaryFolder()
        var source = SampleSource(seed: UInt64(seed))
        let configuration = folder.configuration { $0.segmentBytes = 4_096 }
        var log = try EventLog.open(configuration)
        let samples = (0..<60).map { _ in source.sample(partitions: 16, longest: 60) }
        for start in stride(from: 0, to: 60, by: 6) { try log.store(Array(samples[start..<start + 6])) }
        try log.close()
        let written = positioned(samples)

        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state >> 1) % limit
        }
        let path = folder.segments[random(folder.segments.count)]
        var bytes = contents(path)
        switch random(4) {
        case 0: bytes = Array(bytes.prefix(random(bytes.count)))
        case 1: for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
        case 2:
            let at = random(bytes.count)
            bytes.replaceSubrange(
                at..<min(bytes.count, at + 64), with: repeatElement(UInt8(random(2) * 255), count: 64))
        default: bytes.insert(contentsOf: (0..<random(100)).map { _ in UInt8(random(256)) }, at: random(bytes.count))
        }
        try write(bytes, to: path)

        var read: [Sample] = []
        do {
            log = try EventLog.open(configuration)
            defer { try? log.close() }
            let cursor = try LogCursor(log, from: log.firstPositions)
            while let chunk = try cursor.next(through: log.durableEnd) {
                for index in 0..<chunk.count where chunk[index].kind != .session { read.append(Sample(chunk[index])) }
            }
        } catch {
            #expect(error is LogError, "\(error)")
        }
        let events = written.filter { $0.kind == .event || $0.kind == .control }
        #expect(read.elementsEqual(events.prefix(read.count)), "seed \(seed)")
    }
}
