import EventLog
import Records
import Testing

@Suite struct SessionTests {
    private func session(_ number: UInt32, _ fields: String) -> Sample {
        var sample = Sample()
        sample.kind = .session
        sample.session = number
        sample.fields = fields
        return sample
    }

    private func event(_ number: UInt32, _ partition: Int, length: Int = 300) -> Sample {
        var sample = Sample()
        sample.session = number
        sample.partition = partition
        sample.payload = Array(repeating: 7, count: length)
        return sample
    }

    /// A shard that begins anywhere knows the session of each event that it reads.
    @Test func everyEventsSessionComesBeforeIt() throws {
        let folder = TemporaryFolder()
        let configuration = folder.configuration { $0.segmentBytes = 8000 }
        var log = try EventLog.open(configuration)
        var source = SampleSource(seed: 21)
        var open: [UInt32] = []
        for round in 0..<300 {
            if round % 7 == 0 {
                let number = log.newSession()
                open.append(number)
                try log.store([session(number, #"{"source":"s\#(number)"}"#)])
            }
            if round % 11 == 10, open.count > 1 { log.closeSession(open.removeFirst()) }
            try log.store([event(open.randomElement(using: &source)!, round % 16)])
            if round == 150 {
                // Connections end with the process.
                try log.close()
                log = try EventLog.open(configuration)
                open = [log.newSession()]
                try log.store([session(open[0], #"{"source":"s\#(open[0])"}"#)])
            }
        }
        for start in 0..<19 {
            for chunkBytes in [1, 1 << 20] {
                try check(log, from: log.nextPositions.map { min($0, UInt64(start)) }, chunkBytes)
            }
        }
        try log.close()
        log = try EventLog.open(configuration)
        try check(log, from: Array(repeating: 0, count: 16), 1000)
        #expect(log.newSession() > open[0])
        try log.close()
    }

    private func check(_ log: EventLog, from positions: [UInt64], _ chunkBytes: Int) throws {
        let cursor = try LogCursor(log, from: positions, chunkBytes: chunkBytes)
        var sessions: [UInt32: String] = [:]
        var events = 0
        while let chunk = try cursor.next(through: log.durableEnd) {
            if chunk.beginsSegment { sessions = [:] }
            for index in 0..<chunk.count {
                let sample = Sample(chunk[index])
                if sample.kind == .session {
                    sessions[sample.session] = sample.fields
                } else {
                    #expect(sessions[sample.session] == #"{"source":"s\#(sample.session)"}"#)
                    events += 1
                }
            }
        }
        #expect(events == zip(log.nextPositions, positions).reduce(0) { $0 + Int($1.0 - $1.1) })
    }

    @Test func aClosedSessionIsNotRepeated() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 4096 })
        let first = log.newSession()
        let second = log.newSession()
        #expect(first != second)
        try log.store([session(first, "{}"), session(second, "{}"), event(first, 0)])
        log.closeSession(first)
        for _ in 0..<20 { try log.store([event(second, 1)]) }
        let repeated = try log.read().filter { $0.kind == .session }
        #expect(repeated.filter { $0.session == first }.count == 1)
        #expect(repeated.filter { $0.session == second }.count == folder.segments.count)
        #expect(folder.segments.count > 1)
        try log.close()
    }

    @Test func aLaterRecordReplacesASession() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 4096 })
        let number = log.newSession()
        try log.store([session(number, "1"), event(number, 0), session(number, "2")])
        for _ in 0..<10 { try log.store([event(number, 1, length: 600)]) }
        #expect(try log.read().filter { $0.kind == .session }.map(\.fields).prefix(3) == ["1", "2", "2"])
        try log.close()
    }
}
