import CKafka
import EventLog
import Glibc
import Kafka
import Records
import Testing

/// What holds for a log in Kafka whose students' events are sealed.
@Suite struct SealingTests {
    private let broker: KafkaBroker
    private let folder = TemporaryFolder()
    private let keys = HeldKeys()

    init() throws { broker = try KafkaBroker(partitions: 1) }

    private func configuration(
        _ folder: TemporaryFolder? = nil, _ change: (inout EventLogConfiguration) -> Void = { _ in }
    ) throws -> EventLogConfiguration {
        try broker.configuration(folder ?? self.folder) {
            $0.kafka?.sealing = SealingConfiguration(keys: "students")
            change(&$0)
        }
    }

    private func open(_ folder: TemporaryFolder? = nil) throws -> EventLog {
        try EventLog.open(try configuration(folder), keys: keys)
    }

    private func event(_ actor: String, _ number: UInt64, client: String = "") -> Sample {
        var sample = Sample()
        sample.actor = actor
        sample.client = client
        sample.sequence = number
        sample.type = "note"
        sample.fields = #"{"by":"\#(actor)"}"#
        sample.payload = Array("what \(actor) wrote as \(number)".utf8)
        return sample
    }

    private func pseudonym(_ actor: String, _ log: EventLog) -> UInt64 {
        Array(actor.utf8).withUnsafeBytes { log.identity.pseudonym(ofActor: $0) }
    }

    /// The texts of what the log gives, in the order of its one partition; a tombstone is a dash.
    private func texts(_ log: EventLog) throws -> [String] {
        try log.read(from: log.firstPositions).filter { $0.kind.hasPosition }.map {
            $0.kind == .event ? String(decoding: $0.payload, as: UTF8.self) : "-"
        }
    }

    /// All that the topic holds, as text.
    private func topic() throws -> String {
        let consumer = try KafkaConsumer(
            KafkaOptions(), defaults: [], own: [("bootstrap.servers", broker.address), ("group.id", "test")])
        let end = try consumer.ends("lectern", 0).upperBound
        try consumer.add("lectern", 0, from: 0)
        var text = ""
        var next: Int64 = 0
        while next < end {
            for message in consumer.read(milliseconds: 100) where message.problem == nil {
                text += String(
                    decoding: UnsafeRawBufferPointer(start: message.value, count: message.length), as: UTF8.self)
                next = message.offset + 1
            }
        }
        return text
    }

    @Test func whatIsReadIsWhatWasWrittenAndTheTopicShowsNothingOfIt() throws {
        let log = try open()
        var session = Sample()
        session.kind = .session
        session.session = log.newSession()
        session.payload = Array(#"{"auth":"ada"}"#.utf8)
        let events = (0..<20 as Range<UInt64>).map { number in
            var event = event(
                ["ada", "ben"][Int(number % 2)], number, client: "\(["ada", "ben"][Int(number % 2)])-phone")
            event.session = session.session
            return event
        }
        try log.store([session] + events)
        let read = try log.read(from: log.firstPositions)
        // The topic's first message says what the log is.
        let expected = events.enumerated().map { index, event in
            var event = event
            event.position = UInt64(index) + 1
            return event
        }
        #expect(read.filter { $0.kind == .event } == expected)
        #expect(read.filter { $0.kind == .session }.map(\.payload) == [session.payload])
        try log.close()
        let topic = try topic()
        for word in ["ada-phone", "what ada", "ben-phone", "what ben", "wrote", #""by":"#] {
            #expect(!topic.contains(word), "\(word)")
        }
        // Something was read.
        #expect(topic.contains("siphash_key"))
    }

    @Test func aDestroyedKeyLeavesTombstonesForEveryReaderAndOthersUntouched() throws {
        let log = try open()
        try log.store((1...6).map { event($0 % 2 == 0 ? "ada" : "ben", $0) })
        #expect(try texts(log).count == 7)
        keys.destroy(pseudonym("ada", log))
        let ofBen = ["-", "what ben wrote as 1", "-", "what ben wrote as 3", "-", "what ben wrote as 5", "-"]
        // Of a host that had opened it before, and of one that has not.
        #expect(try texts(log) == ofBen)
        let other = try open(TemporaryFolder())
        #expect(try texts(other) == ofBen)
        try other.close()
        try log.close()
        let kafka = try #require(try configuration().kafka)
        var kinds: [RecordKind?] = []
        try StoredTopic(kafka, keys: keys).forEachRecord { kinds.append($0.kind) }
        #expect(kinds == [.tombstone, .event, .tombstone, .event, .tombstone, .event, .tombstone])
    }

    @Test func whatAnErasedStudentStillSendsIsKeptNowhereOnWhicheverHost() throws {
        let log = try open()
        try log.store([event("ada", 1), event("ben", 2)])
        keys.destroy(pseudonym("ada", log))
        // Who begins to read asks who was erased.
        let before = try texts(log)
        try log.store([event("ada", 3), event("ben", 4)])
        #expect(try texts(log) == before + ["what ben wrote as 4"])
        // Who was not told finds the key destroyed.
        keys.replace(pseudonym("zoe", log), with: .destroyed)
        try log.store([event("zoe", 5), event("ben", 6)])
        #expect(try texts(log) == before + ["what ben wrote as 4", "what ben wrote as 6"])
        for actor in ["ada", "zoe"] { #expect(Array(actor.utf8).withUnsafeBytes { log.erased.contains($0) }) }
        try log.close()
    }

    @Test func aHostFindsOutByItselfWhoWasErasedOnAnother() throws {
        let log = try open()
        try log.store([event("ada", 1)])
        keys.destroy(pseudonym("ada", log))
        let ada = Array("ada".utf8)
        while !ada.withUnsafeBytes({ log.erased.contains($0) }) { usleep(1_000) }
        try log.close()
    }

    @Test func aKeyThatOpensNothingAndOneThatIsNotThereEndTheLogWithAMessage() throws {
        let log = try open()
        try log.store([event("ada", 1)])
        let ada = pseudonym("ada", log)
        try log.close()
        keys.replace(ada, with: .key(.random()))
        let wrong = logError { _ = try open() }
        #expect(wrong?.code == .keys)
        #expect(wrong?.description.contains("partition 0, offset 1: the student's key does not open it") == true)
        keys.replace(ada, with: nil)
        let absent = logError { _ = try open() }
        #expect(absent?.code == .keys)
        #expect(absent?.description.contains("has no key of \(LogIdentity.text(ofPseudonym: ada))") == true)
    }

    @Test func aHostThatDoesNotKnowOfSealingSaysWhatItLacks() throws {
        let log = try open()
        try log.store([event("ada", 1)])
        try log.close()
        let error = logError { _ = try EventLog.open(try broker.configuration(folder)) }
        #expect(error?.code == .settings)
        #expect(error?.description.contains("a sealed event found, and no log.kafka.sealing") == true)
    }

    @Test func whileTheKeysAreAwayWhatNeedsThemWaits() throws {
        let log = try open()
        try log.store([event("ada", 1)])
        keys.setAway(true)
        let batch = RecordBatch()
        try event("ben", 2).append(to: batch)
        log.append(batch)
        while log.trouble == nil {}
        #expect(log.trouble?.contains("the students' keys in the test's keys") == true)
        keys.setAway(false)
        try log.flush()
        #expect(try texts(log) == ["-", "what ada wrote as 1", "what ben wrote as 2"])
        #expect(log.failure == nil)
        try log.close()
    }

    @Test func aLogThatBeginsToSealLaterIsReadAsOneAndErasedAsOne() throws {
        let clear = try EventLog.open(try broker.configuration(folder))
        try clear.store([event("ada", 1, client: "a"), event("ben", 2, client: "b")])
        try clear.close()
        let log = try open()
        // Who sends again what was stored in the clear is known.
        try log.store([event("ada", 1, client: "a"), event("ada", 3, client: "a"), event("ben", 4, client: "b")])
        let ada = pseudonym("ada", log)
        #expect(
            try texts(log) == [
                "-", "what ada wrote as 1", "what ben wrote as 2", "-", "what ada wrote as 3", "what ben wrote as 4",
            ])
        keys.destroy(ada)
        #expect(try texts(log) == ["-", "-", "what ben wrote as 2", "-", "-", "what ben wrote as 4"])
        try log.close()
        let kafka = try #require(try configuration().kafka)
        #expect(try StoredTopic(kafka, keys: keys).unsealedEvents(of: [ada]) == [0: 1])
    }

    @Test func aClientsNumbersCountAlsoWhereNobodyCanReadWhoseTheyWere() throws {
        let log = try open()
        try log.store([event("ada", 7, client: "shared"), event("ben", 8, client: "shared")])
        keys.destroy(pseudonym("ada", log))
        try log.store([event("ben", 5, client: "shared"), event("ben", 9, client: "shared")])
        #expect(try texts(log) == ["-", "-", "what ben wrote as 8", "-", "what ben wrote as 9"])
        try log.close()
    }

    @Test func keysThatFindNoRoomInMemoryAreAskedForAgain() throws {
        let log = try EventLog.open(try configuration { $0.kafka?.sealing?.cache = 4 }, keys: keys)
        let events = (0..<50 as Range<UInt64>).map { event("student \($0 % 10)", $0) }
        for event in events { try log.store([event]) }
        #expect(try texts(log).dropFirst() == events.map { String(decoding: $0.payload, as: UTF8.self) }[...])
        try log.close()
        #expect(keys.questions > 50)
    }

    @Test func hostsThatMakeAKeyAtOnceUseTheSameOne() throws {
        let first = try open()
        let second = try open(TemporaryFolder())
        for number in 0..<20 as Range<UInt64> {
            for (log, half) in [(first, 0), (second, 1)] as [(EventLog, UInt64)] {
                let batch = RecordBatch()
                try event("student \(number)", 2 * number + half).append(to: batch)
                log.append(batch)
            }
        }
        try first.flush()
        try second.flush()
        #expect(try texts(first).filter { $0 != "-" }.count == 40)
        #expect(try texts(first).sorted() == texts(second).sorted())
        try first.close()
        try second.close()
    }
}
