import EventLog
import Records
import Testing

/// What holds for every log, wherever it keeps its records: one body for all kinds.
@Suite struct LogKindTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case embedded, kafka, sealedKafka
        var testDescription: String { rawValue }
    }

    /// A log's place, and what its opening asks for.
    private struct Place {
        let folder = TemporaryFolder()
        let broker: KafkaBroker?
        let configuration: EventLogConfiguration

        private let keys: HeldKeys?

        init(_ kind: Kind, partitions: Int = 4) throws {
            broker = kind == .embedded ? nil : try KafkaBroker(partitions: partitions)
            keys = kind == .sealedKafka ? HeldKeys() : nil
            let change: (inout EventLogConfiguration) -> Void = {
                $0.partitions = partitions
                // So small that cursors fall behind what is in memory.
                $0.tailBytes = 1 << 20
                if kind == .embedded { $0.segmentBytes = 200_000 }
                if kind == .sealedKafka { $0.kafka?.sealing = SealingConfiguration(keys: "students") }
            }
            configuration = try broker?.configuration(folder, change) ?? folder.configuration(change)
        }

        func open() throws -> EventLog { try EventLog.open(configuration, keys: keys) }
    }

    /// Records as a client sends them: its numbers grow.
    private struct Client {
        var source: SampleSource
        var numbers: [String: UInt64] = [:]

        mutating func sample(session: UInt32) -> Sample {
            var sample = source.sample(partitions: 4, longest: 300)
            sample.session = session
            sample.payload = sample.payload.map { $0 & 3 }
            guard !sample.client.isEmpty else { return sample }
            numbers[sample.client, default: 0] += 1
            sample.sequence = numbers[sample.client]!
            return sample
        }
    }

    /// The records of each partition, in its order, without what says nothing and without positions.
    private func byPartition(_ samples: [Sample]) -> [[Sample]] {
        (0..<4).map { partition in
            samples.filter { $0.partition == partition && $0.kind.hasPosition && $0.kind != .tombstone }.map {
                var sample = $0
                sample.position = 0
                return sample
            }
        }
    }

    @Test(arguments: Kind.allCases, 0..<4 as Range<UInt64>)
    func whatIsAppendedIsReadInEachPartitionsOrderFromAnyPositionOn(kind: Kind, seed: UInt64) throws {
        let place = try Place(kind)
        var client = Client(source: SampleSource(seed: seed))
        var log = try place.open()
        var all: [Sample] = []
        for round in 0..<30 {
            var session = Sample()
            session.kind = .session
            session.session = log.newSession()
            session.payload = Array(#"{"session":\#(round)}"#.utf8)
            let count = Int.random(in: 1...300, using: &client.source)
            let samples = (0..<count).map { _ in client.sample(session: session.session) }
            try log.store([session] + samples)
            all += samples
            log.closeSession(session.session)
            if round % 10 == 9 {
                try log.close()
                log = try place.open()
            }
        }
        let whole = try log.read(from: log.firstPositions)
        #expect(byPartition(whole) == byPartition(all))
        for _ in 0..<8 {
            let positions = zip(log.firstPositions, log.nextPositions).map {
                UInt64.random(in: $0...$1, using: &client.source)
            }
            let expected = whole.filter { $0.kind.hasPosition && $0.position >= positions[$0.partition] }
            #expect(byPartition(try log.read(from: positions)) == byPartition(expected))
        }
        try log.close()
    }

    @Test(arguments: Kind.allCases)
    func eachRecordComesAfterItsSessionWhereverACursorBegins(kind: Kind) throws {
        let place = try Place(kind)
        var client = Client(source: SampleSource(seed: 11))
        let log = try place.open()
        var names: [UInt32: [UInt8]] = [:]
        for round in 0..<6 {
            var session = Sample()
            session.kind = .session
            session.session = log.newSession()
            session.payload = Array(#"{"session":\#(round)}"#.utf8)
            names[session.session] = session.payload
            try log.store([session])
        }
        let sessions = names.keys.sorted()
        for _ in 0..<40 {
            try log.store((0..<200).map { _ in client.sample(session: sessions.randomElement(using: &client.source)!) })
        }
        for _ in 0..<5 {
            let positions = zip(log.firstPositions, log.nextPositions).map {
                UInt64.random(in: $0...$1, using: &client.source)
            }
            var known: [UInt32: [UInt8]] = [:]
            for sample in try log.read(from: positions) {
                if sample.kind == .session { known[sample.session] = sample.payload }
                if sample.kind == .event { #expect(known[sample.session] == names[sample.session]) }
            }
        }
        try log.close()
    }

    @Test(arguments: Kind.allCases)
    func aClientsHighestDurableNumberIsKnownAgainAfterAStart(kind: Kind) throws {
        let place = try Place(kind)
        var log = try place.open()
        #expect(log.highestSequence(client: "browser") == nil)
        var sample = Sample()
        sample.client = "browser"
        sample.partition = 2
        for number in 1...20 as ClosedRange<UInt64> {
            sample.sequence = number
            try log.store([sample])
        }
        #expect(log.highestSequence(client: "browser") == 20)
        try log.close()
        log = try place.open()
        // The brokers do not say of the last one that the client was told.
        #expect(log.highestSequence(client: "browser")! >= (kind == .embedded ? 20 : 19))
        try log.close()
    }
}
