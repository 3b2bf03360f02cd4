import EventLog
import Records
import Testing

@Suite struct ClientSequenceTests {
    private func event(_ client: String, _ sequence: UInt64, received: Int64 = 0) -> Sample {
        var sample = Sample()
        sample.client = client
        sample.sequence = sequence
        sample.received = received
        sample.payload = Array(repeating: 1, count: 200)
        return sample
    }

    @Test func theHighestCounts() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration())
        #expect(log.highestSequence(client: "a") == nil)
        try log.store([event("a", 0)])
        #expect(log.highestSequence(client: "a") == 0)
        try log.store([event("a", 5), event("a", 3), event("b", 9), event("a", 4), event("", 77)])
        #expect(log.highestSequence(client: "a") == 5)
        #expect(log.highestSequence(client: "b") == 9)
        #expect(log.highestSequence(client: "") == nil)
        #expect(log.highestSequence(client: "c") == nil)
        try log.close()
    }

    @Test func outlivesReopeningAndTheDeletionOfSegments() throws {
        let folder = TemporaryFolder()
        let configuration = folder.configuration { $0.segmentBytes = 5000 }
        var log = try EventLog.open(configuration)
        try log.store([event("early", 42)])
        var mark = Sample()
        mark.kind = .mark
        mark.client = "marked"
        mark.sequence = 7
        try log.store([mark])
        for round in 0..<100 { try log.store([event("busy", UInt64(round))]) }
        #expect(folder.segments.count > 4)
        for round in 0..<3 {
            try log.removeSegments(before: .max)
            #expect(folder.segments.count == 1)
            try log.close()
            log = try EventLog.open(configuration)
            #expect(log.recovery.truncations == [])
            #expect(log.highestSequence(client: "early") == 42)
            #expect(log.highestSequence(client: "marked") == 7)
            #expect(log.highestSequence(client: "busy") == 99)
            #expect(log.nextPositions[0] == 101 + 30 * UInt64(round))
            #expect(log.firstPositions[0] > 0)
            for _ in 0..<30 { try log.store([event("other", 1)]) }
        }
        try log.close()
    }

    @Test func ofTooManyClientsTheOnesNotHeardOfForLongestAreForgotten() throws {
        let folder = TemporaryFolder()
        let configuration = folder.configuration {
            $0.segmentBytes = 5000
            $0.clients = 10
        }
        var log = try EventLog.open(configuration)
        for number in 0..<40 { try log.store([event("client-\(number)", 1, received: Int64(number))]) }
        try log.close()
        log = try EventLog.open(configuration)
        #expect(log.highestSequence(client: "client-39") == 1)
        #expect(log.highestSequence(client: "client-0") == nil)
        try log.close()
    }
}
