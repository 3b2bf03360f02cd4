import CRecords
import EventLog
import FoundationEssentials
import Glibc
import Records
import Testing

@Suite struct IntegrityTests {
    // MARK: What is left alone

    @Test func aLogThatNobodyTouchedVerifies() throws {
        let signed = try SignedLog()
        #expect(signed.folder.segments.count > 3)
        let found = try signed.verify()
        #expect(found.problems == [])
        #expect(found.records == 300 && found.unsigned == 0 && found.heads >= 5)
    }

    @Test func aLogVerifiesWhileItIsWritten() throws {
        let signed = try SignedLog(records: 10)
        let log = try signed.open()
        for round in 0..<20 {
            try SignedLog.fill(log, 20, seed: UInt64(round))
            if round % 5 == 0 { try log.integrity?.publish() }
            let found = try signed.verify()
            #expect(found.problems == [])
            #expect(found.records == UInt64(10 + 20 * (round + 1)))
        }
        #expect(log.integrity?.failure == nil)
        try log.close()
        #expect(try signed.verify().unsigned == 0)
    }

    @Test func treesGoOnAfterARestart() throws {
        let signed = try SignedLog()
        for round in 2..<5 {
            let log = try signed.open()
            try SignedLog.fill(log, 100, seed: UInt64(round))
            try log.close()
        }
        let found = try signed.verify()
        #expect(found.problems == [] && found.records == 600 && found.unsigned == 0)
    }

    @Test func aLogThatWasNeverSignedCanBeSignedLater() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(folder.configuration { $0.segmentBytes = 30_000 })
        try SignedLog.fill(log, 300)
        try log.close()
        let before = try LogDirectory(folder.path).verify()
        #expect(before.problems == [] && before.records == 300 && before.newestHead == nil)
        try EventLog.open(folder.configuration { $0.integrity = true }).close()
        let after = try LogDirectory(folder.path).verify()
        #expect(after.problems == [] && after.unsigned == 0 && after.newestHead != nil)
    }

    @Test func theKeyIsForTheHostsUserAlone() throws {
        let signed = try SignedLog(records: 10)
        var status = stat()
        #expect(stat(signed.folder.path + "/integrity/key.pem", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func whatAKilledHostHadSignedIsStillSigned() async throws {
        let folder = TemporaryFolder()
        for round in 0..<4 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String, round = round as Int] in
                try IntegrityTests.writeUntilKilled(path, seed: UInt64(round))
            }
            let killed = try LogDirectory(folder.path).verify()
            #expect(killed.problems == [])
            var configuration = folder.configuration { $0.segmentBytes = 100_000 }
            configuration.integrity = true
            try EventLog.open(configuration).close()
            let found = try LogDirectory(folder.path).verify()
            #expect(found.problems == [] && found.unsigned == 0 && found.records >= killed.records)
        }
    }

    static func writeUntilKilled(_ path: String, seed: UInt64) throws {
        var configuration = EventLogConfiguration(directory: path)
        configuration.segmentBytes = 100_000
        configuration.integrity = true
        configuration.treeHeads = .milliseconds(100)
        let log = try EventLog.open(configuration)
        var source = SampleSource(seed: seed)
        let end = ContinuousClock.now + .milliseconds(250 + 70 * Int(seed))
        while ContinuousClock.now < end {
            try log.store((0..<20).map { _ in source.sample(partitions: 16) })
        }
        kill(getpid(), SIGKILL)
    }

    // MARK: What is touched

    @Test func aBitFlippedInAnyPlaceIsFound() throws {
        let signed = try SignedLog()
        let places = try signed.places()
        let files = try signed.files().map { ($0, contents($0)) }
        let segments = files.filter { $0.0.hasSuffix(".segment") }
        var source = SampleSource(seed: 7)
        for round in 0..<1000 {
            // Nine in ten in the segments, whatever the other files' sizes.
            let (file, original, byte) = Self.place(in: round % 10 == 0 ? files : segments, &source)
            let bit = Int.random(in: 0..<8, using: &source)
            try signed.flip(bit, ofByte: byte, in: file)
            defer { try? write(original, to: file) }
            let place = "bit \(bit) of byte \(byte) of \(file)"
            if file.hasSuffix("log.json"), (try? signed.verify()) == nil { continue }
            let problems = try signed.verify().problems
            #expect(!problems.isEmpty, "\(place)")
            guard let record = places.first(where: { $0.file == file && $0.byte..<$0.byte + $0.length ~= byte }) else {
                #expect(problems.contains { $0.file == file || !file.hasSuffix(".segment") }, "\(place): \(problems)")
                continue
            }
            let named = problems.filter { $0.file == file && $0.byte == record.byte }
            #expect(!named.isEmpty, "\(place): \(problems)")
            if let partition = record.partition {
                let isPlaced = problems.contains {
                    $0.partition == .partition(partition) && $0.position == record.position
                }
                #expect(isPlaced, "\(place): \(problems)")
            }
        }
        #expect(try signed.verify().problems == [])
    }

    /// A byte, each as likely as another.
    private static func place(
        in files: [(String, [UInt8])], _ source: inout SampleSource
    ) -> (file: String, contents: [UInt8], byte: Int) {
        var byte = Int.random(in: 0..<files.reduce(0) { $0 + $1.1.count }, using: &source)
        var index = 0
        while byte >= files[index].1.count {
            byte -= files[index].1.count
            index += 1
        }
        return (files[index].0, files[index].1, byte)
    }

    @Test func aForgedRecordIsFoundAlthoughItsChecksumFits() throws {
        let signed = try SignedLog()
        let place = try signed.places().filter { $0.partition != nil && $0.length > 100 }[123]
        try signed.forge(place)
        let problems = try signed.verify().problems
        #expect(problems.count == 1)
        #expect(problems.first?.file == place.file && problems.first?.byte == place.byte)
        #expect(problems.first?.partition == .partition(place.partition!) && problems.first?.position == place.position)
    }

    @Test(arguments: [1, -1, 40, 1 << 31])
    func aRecordThatClaimsAnotherPositionIsFoundAsWhatItWas(shift: Int64) throws {
        let signed = try SignedLog()
        let place = try signed.places().filter { $0.partition != nil && $0.position > 5 }[20]
        try signed.forge(place) { $0.pointee.position = UInt64(Int64($0.pointee.position) + shift) }
        let problems = try signed.verify().problems
        #expect(problems.count == 1)
        #expect(problems.first?.byte == place.byte && problems.first?.position == place.position)
    }

    @Test func twoRecordsThatChangedPlacesAreFound() throws {
        let signed = try SignedLog()
        let all = try signed.places()
        let first = try #require(all.first { $0.partition == 2 })
        let second = try #require(all.first { $0.partition == 2 && $0.position == 1 && $0.file == first.file })
        var file = contents(first.file)
        let (a, b) = (first.byte..<first.byte + first.length, second.byte..<second.byte + second.length)
        let (bytesA, bytesB) = (Array(file[a]), Array(file[b]))
        file.replaceSubrange(b, with: bytesA)
        file.replaceSubrange(a, with: bytesB)
        try write(file, to: first.file)
        #expect(try !signed.verify().problems.isEmpty)
    }

    @Test func aForgedSessionIsFound() throws {
        let signed = try SignedLog()
        let place = try signed.places().filter { $0.partition == nil && $0.length > 90 }[7]
        try signed.forge(place)
        let problems = try signed.verify().problems
        #expect(problems.contains { $0.partition == .shared && $0.byte == place.byte && $0.file == place.file })
    }

    @Test func aRecordThatWasTakenOutIsFound() throws {
        let signed = try SignedLog()
        let places = try signed.places()
        for index in stride(from: 5, to: places.count, by: 29) {
            let place = places[index]
            let original = contents(place.file)
            var file = original
            file.removeSubrange(place.byte..<place.byte + place.length)
            try write(file, to: place.file)
            let problems = try signed.verify().problems
            #expect(!problems.isEmpty)
            if let partition = place.partition {
                let isNamed = problems.contains {
                    $0.partition == .partition(partition) && $0.position == place.position
                }
                #expect(isNamed, "\(place): \(problems)")
            }
            try write(original, to: place.file)
        }
    }

    @Test func anEndThatWasCutOffIsFoundEvenIfTheMarkAgrees() throws {
        let signed = try SignedLog()
        let last = try #require(try signed.places().last)
        try write(Array(contents(last.file).prefix(last.byte)), to: last.file)
        var mark = contents(signed.folder.durable)
        withUnsafeBytes(of: UInt32(last.byte).littleEndian) { mark.replaceSubrange(16..<20, with: $0) }
        try write(mark, to: signed.folder.durable)
        let problems = try signed.verify().problems
        #expect(
            problems.contains { $0.partition == last.partition.map(LogTree.partition) && $0.position == last.position })
    }

    @Test func aHostDoesNotGoOnWithALogThatHasLostSignedRecords() throws {
        let signed = try SignedLog()
        let last = try #require(try signed.places().last)
        try write(Array(contents(last.file).prefix(last.byte)), to: last.file)
        unlink(signed.folder.durable)
        #expect(logError { try signed.open().close() }?.code == .corrupt)
    }

    @Test func aSegmentThatWasDeletedIsFound() throws {
        for index in [0, 1, -1] {
            let signed = try SignedLog()
            let segments = signed.folder.segments
            let path = segments[index < 0 ? segments.count - 1 : index]
            unlink(path)
            #expect(try !signed.verify().problems.isEmpty)
        }
    }

    @Test func treesThatWereForgedWithTheLogAreFoundByTheirHeads() throws {
        let signed = try SignedLog()
        let heads = signed.folder.path + "-heads"
        let key = try LogDirectory(signed.folder.path).publicKey()
        try write(contents(signed.folder.path + "/integrity/heads.jsonl"), to: heads)
        defer { unlink(heads) }
        // Someone who has the whole folder, key and all: changes a record, and has everything signed anew.
        try signed.forge(try signed.places().filter { $0.partition != nil && $0.length > 100 }[50])
        for name in try FileManager.default.contentsOfDirectory(atPath: signed.folder.path + "/integrity")
        where !name.hasSuffix(".pem") {
            unlink(signed.folder.path + "/integrity/" + name)
        }
        try signed.open().close()
        #expect(try signed.verify(key: key).problems == [])
        let problems = try signed.verify(heads: heads, key: key).problems
        #expect(problems.count == 1 && problems.first?.file.hasPrefix(heads) == true)
    }

    @Test func aLogOfAnotherKeyIsFound() throws {
        let (signed, other) = (try SignedLog(records: 10), try SignedLog(records: 10))
        let key = try LogDirectory(other.folder.path).publicKey()
        #expect(try !signed.verify(key: key).problems.isEmpty)
    }

    @Test func aLogThatShouldBeSignedAndIsNotIsFound() throws {
        let signed = try SignedLog(records: 10)
        try FileManager.default.removeItem(atPath: signed.folder.path + "/integrity")
        let directory = try LogDirectory(signed.folder.path)
        #expect(try directory.verify().problems == [])
        #expect(try directory.verify(mustBeSigned: true).problems.count == 1)
    }

    @Test func aTornEndOfAKilledHostIsNoDamage() throws {
        let signed = try SignedLog()
        let last = try #require(try signed.places().last)
        let log = try signed.open()
        try SignedLog.fill(log, 100, seed: 4)
        // As a kill leaves it: what is in the files while the host runs, and half a record more.
        let image = TemporaryFolder()
        try FileManager.default.copyItem(atPath: signed.folder.path, toPath: image.path)
        let end = Int(log.durableEnd.byte)
        try log.close()
        let file = try #require(image.segments.last)
        var bytes = Array(contents(file).prefix(end))
        bytes += contents(last.file)[last.byte..<last.byte + last.length - 8]
        try write(bytes, to: file)
        let found = try LogDirectory(image.path).verify()
        #expect(found.problems == [] && found.torn != nil && found.records == 400 && found.unsigned == 100)
        try EventLog.open(SignedLog.configuration(image)).close()
        let after = try LogDirectory(image.path).verify()
        #expect(after.problems == [] && after.unsigned == 0 && after.records == 400)
    }

    // MARK: What is taken out on purpose

    @Test func deletedSegmentsAreAccountedFor() throws {
        let signed = try SignedLog()
        var log = try signed.open()
        let old = try LogDirectory(signed.folder.path)
        let first = try #require(log.nextPositions.indices.first { log.nextPositions[$0] > 20 })
        try log.removeSegments(before: 3)
        #expect(log.firstPositions.contains { $0 > 0 })
        let found = try signed.verify()
        #expect(found.problems == [] && found.removed == log.firstPositions.reduce(0, +))
        try SignedLog.fill(log, 100, seed: 5)
        try log.close()
        log = try signed.open()
        try log.removeSegments(before: 4)
        try log.close()
        #expect(try signed.verify().problems == [])
        let newest = try old.proveInclusion(of: log.nextPositions[first] - 1, in: .partition(first))
        #expect(newest.record != nil)
        let gone = try old.proveInclusion(of: 0, in: .partition(first))
        #expect(gone.record == nil)
        #expect(LogProof.inclusion(gone).objection(key: try old.publicKey()) == nil)
    }

    @Test func aDeletionThatWasInterruptedIsFinished() throws {
        let signed = try SignedLog()
        let kept = contents(signed.path(2))
        let path = signed.path(2)
        var log = try signed.open()
        try log.removeSegments(before: 3)
        try log.close()
        try write(kept, to: path)
        #expect(try signed.verify().problems == [])
        log = try signed.open()
        #expect(try LogDirectory(signed.folder.path).segments().first?.number == 3)
        try log.close()
    }

    @Test func segmentsOfASignedLogAreNotDeletedUnsigned() throws {
        let signed = try SignedLog()
        var configuration = SignedLog.configuration(signed.folder)
        configuration.integrity = false
        let log = try EventLog.open(configuration)
        #expect(logError { try log.removeSegments(before: 3) }?.code == .settings)
        try log.close()
        #expect(try signed.verify().problems == [])
    }

    @Test func anErasedRecordIsAcceptedAndNothingElseInItsPlace() throws {
        let signed = try SignedLog()
        let place = try signed.places().filter { $0.partition != nil && $0.length > 100 }[40]
        let original = contents(place.file)
        let (old, new) = try signed.forge(place)
        try write(original, to: place.file)
        let log = try signed.open()
        let erased = Erasure.Erased(
            partition: .partition(place.partition!), position: place.position, leaf: old, replacement: new)
        try log.integrity?.signErasure(of: [erased])
        try log.close()
        #expect(try signed.verify().problems == [])
        try signed.forge(place)
        let found = try signed.verify()
        #expect(found.problems == [] && found.erased == 1)
        // Also by a host that has to make the trees again from the log.
        unlink(signed.folder.path + "/integrity/progress.json")
        try signed.open().close()
        #expect(try signed.verify().problems == [])
        try signed.forge(place, with: 7)
        #expect(try signed.verify().problems.map(\.position) == [place.position])
    }

    @Test func whatIsNotInTheTreeCantBeErased() throws {
        let signed = try SignedLog(records: 10)
        let log = try signed.open()
        let wrong = Erasure.Erased(
            partition: .partition(0), position: 0, leaf: .ofNothing, replacement: .ofNothing)
        #expect(logError { try log.integrity?.signErasure(of: [wrong]) }?.code == .outOfRange)
        try log.close()
    }

    // MARK: Proofs

    @Test func proofsHoldAndForgedOnesDoNot() throws {
        let signed = try SignedLog()
        let directory = try LogDirectory(signed.folder.path)
        let key = try directory.publicKey()
        let old = try directory.proveInclusion(of: 0, in: .partition(1)).head.statement.size
        let log = try signed.open()
        try SignedLog.fill(log, 200, seed: 3)
        try log.close()
        for tree in [LogTree.partition(1), .shared] {
            let proof = try directory.proveInclusion(of: 9, in: tree)
            #expect(LogProof.inclusion(proof).objection(key: key) == nil)
            #expect((proof.record != nil) == (tree != .shared))
        }
        let proof = try directory.proveConsistency(of: .partition(1), from: old)
        #expect(proof.second.statement.size > old)
        #expect(LogProof.consistency(proof).objection(key: key) == nil)
        let other = try SignedLog(records: 10)
        let wrong = try LogDirectory(other.folder.path).publicKey()
        #expect(LogProof.consistency(proof).objection(key: wrong) != nil)
        #expect(logError { _ = try directory.proveInclusion(of: 1 << 40, in: .partition(1)) }?.code == .outOfRange)
        #expect(logError { _ = try directory.proveInclusion(of: 0, in: .partition(4)) }?.code == .outOfRange)
    }
}
