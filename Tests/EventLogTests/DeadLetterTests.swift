import EventLog
import FoundationEssentials
import Records
import Testing

@Suite struct DeadLetterTests {
    private func letter(_ number: Int, _ code: DeadLetter.Code = .notJSON) -> DeadLetter {
        var letter = DeadLetter(
            code: code, reason: "this is no JSON object: \"\(number)\"\n",
            received: 1_700_000_000_123_456 + Int64(number),
            original: number % 3 == 0
                ? [0xff, 0, 0x80, UInt8(number % 256)] : Array("{broken \(number) \u{1F600}".utf8))
        if number % 2 == 0 {
            letter.client = "client \"\(number % 5)\""
            letter.sequence = UInt64(number)
            letter.session = 7
            letter.build = "0123456789abcdef"
            letter.attempts = number + 1
        }
        return letter
    }

    @Test func lettersComeBackAsTheyWereGiven() throws {
        let folder = TemporaryFolder()
        var log = try EventLog.open(folder.configuration())
        let letters = (0..<100).map { letter($0, $0 % 10 == 0 ? .noIdentity : .notJSON) }
        log.append(letters: letters)
        try log.flush()
        for _ in 0..<2 {
            #expect(log.deadLetters.lastID == 100)
            #expect(log.deadLetters.counts == [.decode: 90, .authenticate: 10])
            #expect(try log.deadLetters.page(limit: 1000).map(\.letter) == letters)
            #expect(try log.deadLetters.page(limit: 1000).map(\.id) == Array(1...100))
            #expect(try log.deadLetters.page(after: 30, limit: 5).map(\.id) == [31, 32, 33, 34, 35])
            #expect(try log.deadLetters.page(limit: 3, stage: .authenticate).map(\.id) == [1, 11, 21])
            #expect(try log.deadLetters.page(after: 100, limit: 3) == [])
            try log.close()
            log = try EventLog.open(folder.configuration())
        }
        try log.close()
    }

    /// A frame in the dead letters is durable for its client, and no later one vouches for it before it is.
    @Test func lettersCountForTheirClients() throws {
        let folder = TemporaryFolder()
        let configuration = folder.configuration { $0.segmentBytes = 5000 }
        var log = try EventLog.open(configuration)
        var bad = letter(0)
        bad.client = "c"
        bad.sequence = 12
        let batch = RecordBatch()
        var good = Sample()
        good.client = "c"
        good.sequence = 11
        try good.append(to: batch)
        log.append(batch, letters: [bad])
        try log.flush()
        #expect(log.highestSequence(client: "c") == 12)
        good.client = ""
        good.payload = Array(repeating: 1, count: 900)
        for _ in 0..<20 { try log.store([good]) }
        try log.removeSegments(before: .max)
        try log.close()
        log = try EventLog.open(configuration)
        #expect(log.highestSequence(client: "c") == 12)
        try log.close()
    }

    @Test func foldingAgainStoresNothingTwice() throws {
        let folder = TemporaryFolder()
        var log = try EventLog.open(folder.configuration())
        func rejected(_ position: UInt64, _ component: String = "quiz.attempts@1") -> DeadLetter {
            var letter = letter(1, .unreadable)
            letter.component = component
            letter.partition = 3
            letter.position = position
            return letter
        }
        log.append(letters: [rejected(5), rejected(9)])
        try log.flush()
        log.append(letters: [rejected(5), rejected(9), rejected(11), rejected(5, "quiz.attempts@2")])
        try log.close()
        log = try EventLog.open(folder.configuration())
        log.append(letters: [rejected(11), rejected(9, "quiz.attempts@2")])
        try log.flush()
        #expect(try log.deadLetters.page(limit: 99).map(\.letter.position) == [5, 9, 11, 5, 9])
        #expect(log.deadLetters.counts == [.read: 5])
        try log.close()
    }

    @Test func theOldestFilesGo() throws {
        let folder = TemporaryFolder()
        let configuration = folder.configuration { $0.deadLetterBytes = 1 << 16 }
        var log = try EventLog.open(configuration)
        for round in 0..<100 {
            log.append(letters: (0..<10).map { letter(round * 10 + $0) })
            try log.flush()
        }
        for _ in 0..<2 {
            let page = try log.deadLetters.page(limit: 5000)
            #expect(page.last?.id == 1000)
            #expect(page.count > 100 && page.count < 700)
            #expect(page.map(\.id) == Array(page[0].id...1000))
            #expect(log.deadLetters.counts == [.decode: 1000])
            try log.close()
            log = try EventLog.open(configuration)
        }
        try log.close()
    }

    @Test func aTornLineIsCutOff() throws {
        let folder = TemporaryFolder()
        var log = try EventLog.open(folder.configuration())
        log.append(letters: (0..<5).map { letter($0) })
        try log.close()
        let path = folder.path + "/dead-letters/0000000001.jsonl"
        let whole = contents(path)
        let last = whole.dropLast().lastIndex(of: 10)! + 1
        for length in last..<whole.count {
            try write(Array(whole[..<length]), to: path)
            log = try EventLog.open(folder.configuration())
            #expect(try log.deadLetters.page(limit: 10).map(\.id) == [1, 2, 3, 4])
            log.append(letters: [letter(4)])
            try log.flush()
            #expect(try log.deadLetters.page(limit: 10).map(\.letter) == (0..<5).map { letter($0) })
            try log.close()
            #expect(contents(path) == whole)
        }
    }
}
