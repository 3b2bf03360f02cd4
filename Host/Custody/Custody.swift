package import EventLog
package import KeyValueStore
import FoundationEssentials
import Glibc
import Records

/// Erases students from all that a data folder holds.
///
/// An erasure is decided, and then carried out while no host has the folder open: at the next start, or by a command. What
/// is decided is noted in the folder and in a list outside it; so a crash, or an older copy of the folder that is restored,
/// only means that it is carried out at the next start.
///
/// Not for several processes at once, but for `decide`, which a running host calls. Any thread.
package struct Custody: Sendable {
    let log: EventLogConfiguration
    let stores: KeyValueStoreConfiguration
    let data: String
    private let prefixes: [String]
    private let actorFields: [String]
    private let holders: [any RecordHolder]
    private let files: ErasureFiles

    /// - Parameters:
    ///   - data: the data folder.
    ///   - prefixes: what methods of authentication put before the ids that they find.
    ///   - actorFields: the fields in which events may name their actor.
    ///   - holders: what else holds something of students.
    package init(
        _ configuration: CustodyConfiguration, log: EventLogConfiguration, stores: KeyValueStoreConfiguration,
        data: String, prefixes: [String], actorFields: [String], holders: [any RecordHolder] = []
    ) {
        self.log = log
        self.stores = stores
        self.data = data
        self.prefixes = prefixes
        self.actorFields = actorFields
        self.holders = holders
        files = ErasureFiles(list: configuration.list, data: data)
    }

    // MARK: Deciding

    /// Notes that a student is to be erased: in the list, then in the data folder. On return it is on the disk.
    /// - Parameter identity: of the log.
    package func decide(_ student: String, _ identity: LogIdentity) throws -> ErasureDecision {
        guard !student.isEmpty else { throw CustodyError("the student's id is empty") }
        let names = StudentNames([student], prefixes: prefixes)
        let decision = ErasureDecision(
            log: SHA256.hexadecimal(identity.id), student: PseudonymText.text(identity.pseudonym(of: student)),
            actors: names.actors(identity).map(PseudonymText.text), time: LogRewriting.time)
        try files.list([decision])
        files.setAsideCertificate(of: decision.student)
        // What an erasure that was interrupted has found is known from its file alone.
        let before = try files.unfinished().first {
            $0.decision.log == decision.log && $0.decision.student == decision.student
        }
        try files.store(UnfinishedErasure(decision: decision, ids: [student], findings: before?.findings))
        return decision
    }

    /// The pseudonyms of all actors whose students were erased, or are to be.
    package func erased(_ identity: LogIdentity) throws -> [UInt64] {
        let log = SHA256.hexadecimal(identity.id)
        return try (files.listed() + files.carriedOut() + files.unfinished().map(\.decision))
            .filter { $0.log == log }.flatMap(\.pseudonyms)
    }

    /// The certificate of an erasure that was carried out, one line of JSON; nil if there is none.
    package func certificate(of student: String) -> String? {
        files.certificate(of: student).map { String(decoding: $0, as: UTF8.self) }
    }

    package func certificatePath(of student: String) -> String { files.certificatePath(of: student) }

    // MARK: Carrying out

    /// Carries out what was decided and is not done in this folder, if there is anything. To be called before the log is
    /// opened. Blocks.
    /// - Parameter report: told, in a sentence, what is done.
    /// - Returns: the decisions that were carried out.
    @discardableResult
    package func carryOut(_ report: (String) -> Void) async throws -> [ErasureDecision] {
        try EventLog.finishRewriting(log)
        guard access(log.directory + "/log.json", F_OK) == 0 else { return [] }
        let identity = try LogDirectory(log.directory).identity
        let id = SHA256.hexadecimal(identity.id)
        let done = try files.carriedOut().filter { $0.log == id }
        let seals = try self.seals()
        if let seals {
            // What other hosts of the log have decided, for this folder; and what this one has, for a store that was
            // restored.
            try files.list(try await seals.keys.decisions().filter { $0.log == id })
            _ = try await seals.keys.destroy(done)
        }
        let listed = try files.listed().filter { $0.log == id }
        if done.contains(where: { old in !listed.contains { $0.student == old.student } }) {
            report("\(files.list) does not have all erasures that were carried out here: they are added")
            try files.list(done)
        }
        var unfinished = try files.unfinished().filter { $0.decision.log == id }
        try files.list(unfinished.map(\.decision))
        for decision in listed
        where !done.contains(where: { $0.student == decision.student })
            && !unfinished.contains(where: { $0.decision.student == decision.student })
        {
            unfinished.append(UnfinishedErasure(decision: decision, ids: []))
        }
        guard !unfinished.isEmpty else {
            try await purgeOlderStores(done, identity, seals, report)
            return []
        }
        report(
            "\(unfinished.count) erased \(unfinished.count == 1 ? "student is" : "students are") taken out of \(data), "
                + "before anything else happens")
        try await carryOut(unfinished, seals)
        return unfinished.map(\.decision)
    }

    private func carryOut(_ decided: [UnfinishedErasure], _ seals: Seals?) async throws {
        let log = try LogRewriting(self.log)
        defer { log.close() }
        let identity = log.identity
        let records = try stored(log, seals)
        var erasures = decided
        if erasures.contains(where: \.ids.isEmpty) {
            try NameDiscovery(identity, prefixes: prefixes).find(&erasures, in: records)
        }
        var actors: [UInt64: Int] = [:]
        for (index, erasure) in erasures.enumerated() {
            for pseudonym in erasure.decision.pseudonyms { actors[pseudonym] = index }
        }
        let resumed = erasures.map { $0.findings != nil }
        let found = try LogFindings(records, actors: actors, count: erasures.count)
        // From here on the log changes, and what it held is known from these files alone.
        for index in erasures.indices {
            var findings = erasures[index].findings ?? found.students[index]
            findings.sessions.formUnion(found.students[index].sessions)
            findings.clients.formUnion(found.students[index].clients)
            findings.payloads.formUnion(found.students[index].payloads)
            erasures[index].findings = findings
            try files.store(erasures[index])
        }
        let pseudonyms = erasures.map { PseudonymText.read($0.decision.student) ?? 0 }
        let names = zip(erasures, pseudonyms).map { (StudentNames($0.ids, prefixes: prefixes), $1) }
        let students = ErasedStudents(
            sessions: Self.places(erasures) { $0.sessions }, actors: actors,
            payloads: Self.places(erasures) { $0.payloads },
            search: NameSearch(names, others: found.others, prefixes: prefixes, identity), identity)
        let clients = Self.places(erasures) { $0.clients }

        let erasing = LogErasing(students, clients: clients, pseudonyms: pseudonyms)
        // What another host has decided it has carried out in the topic, and in the stores that the hosts share.
        let isOthers = seals != nil && decided.allSatisfy(\.ids.isEmpty)
        var wasChanged = resumed.contains(true) || isOthers
        var topic: [ErasureCertificate.Topic?] = erasures.map { _ in nil }
        if let seals {
            topic = try await eraseTopic(erasures, seals, records, erasing)
            if found.students.contains(where: { !$0.events.isEmpty }) { wasChanged = true }
        } else if try log.rewrite(erasing.change) > 0 {
            wasChanged = true
        }
        let letters = try eraseLetters(log, stored(log, seals), students, clients, pseudonyms)
        // Nobody vouches for whose they are.
        try EarlyFrames.removeAll(log: self.log.directory)
        let all = try seals?.stores ?? KeyValueStores(self.stores, folder: data)
        let stores = StoreErasing(stores: all, students: students, isTruncated: try records.isTruncated())
        let lacking = isOthers ? try await StoreErasing.names(of: all, lacking: erasures.map(\.decision)) : nil
        let result = try await stores.run(wasChanged: wasChanged, only: lacking)
        var others = [[String: Int]](repeating: [:], count: erasures.count)
        for holder in holders {
            for (student, count) in try holder.erase(students) { others[student][holder.name] = count }
        }

        try await StoreErasing.note(
            files.carriedOut().filter { $0.log == log.id } + erasures.map(\.decision), in: stores.stores)
        for (index, erasure) in erasures.enumerated() {
            let findings = erasure.findings ?? .init()
            let certificate = ErasureCertificate(
                log: erasure.decision.log, student: erasure.decision.student, decided: erasure.decision.time,
                time: LogRewriting.time, events: findings.events, sessions: findings.sessions.count,
                mentions: topic[index] == nil ? erasing.mentions[index] : 0, deadLetters: letters[index],
                refolded: result.refolded.sorted(),
                mayStillCount: result.mayStillCount.sorted(), values: result.values[index] ?? 0, others: others[index],
                resumed: resumed[index], roots: log.roots ?? [], topic: topic[index])
            let line = try log.line(signing: certificate, orElse: files.folder)
            try files.store(certificate: Array(line), of: erasure.decision.student)
            try files.noteCarriedOut(erasure.decision)
            try files.remove(erasure)
        }
    }

    /// A store that was restored alone, or that was not named when students were erased, still has their states.
    private func purgeOlderStores(
        _ done: [ErasureDecision], _ identity: LogIdentity, _ seals: Seals?, _ report: (String) -> Void
    ) async throws {
        guard !done.isEmpty else { return }
        let stores = try seals?.stores ?? KeyValueStores(self.stores, folder: data)
        let lacking = try await StoreErasing.names(of: stores, lacking: done)
        guard !lacking.isEmpty else { return }
        var older: [String] = []
        for name in lacking where try await !StoreErasing.isEmpty(stores.store(named: name)) { older.append(name) }
        if !older.isEmpty { try await purge(older, of: stores, done, identity, seals, report) }
        try await StoreErasing.note(done, in: stores)
    }

    private func purge(
        _ older: [String], of stores: KeyValueStores, _ done: [ErasureDecision], _ identity: LogIdentity,
        _ seals: Seals?, _ report: (String) -> Void
    ) async throws {
        report(
            "the states in \(older.joined(separator: ", ")) are older than an erasure: they are folded anew from the log"
        )
        let log = try LogRewriting(self.log)
        defer { log.close() }
        var actors: [UInt64: Int] = [:]
        for (index, decision) in done.enumerated() { for actor in decision.pseudonyms { actors[actor] = index } }
        var erasures = done.map { UnfinishedErasure(decision: $0, ids: []) }
        let discovery = NameDiscovery(identity, prefixes: prefixes)
        for name in older { try await discovery.find(&erasures, in: stores.store(named: name)) }
        let names = erasures.map {
            (StudentNames($0.ids, prefixes: prefixes), PseudonymText.read($0.decision.student) ?? 0)
        }
        let records = try stored(log, seals)
        let found = try LogFindings(records, actors: actors, count: done.count)
        let students = ErasedStudents(
            sessions: [:], actors: actors, payloads: [:],
            search: NameSearch(names, others: found.others, prefixes: prefixes, identity), identity)
        let erasing = StoreErasing(stores: stores, students: students, isTruncated: try records.isTruncated())
        _ = try await erasing.run(wasChanged: true, only: older)
    }

    private func eraseLetters(
        _ log: LogRewriting, _ records: any StoredLog, _ students: ErasedStudents, _ clients: [String: Int],
        _ pseudonyms: [UInt64]
    ) throws -> [Int] {
        var erased: [Int: Set<UInt64>] = [:]
        try records.forEachRecord { record in
            if record.kind == .tombstone { erased[record.partition, default: []].insert(record.position) }
        }
        let letters = DeadLetterErasing(
            students, clients: clients, pseudonyms: pseudonyms, actorFields: actorFields
        ) { erased[$0]?.contains($1) == true }
        _ = try log.rewriteLetters(letters.change)
        return letters.letters
    }

    private static func places<Key: Hashable>(
        _ erasures: [UnfinishedErasure], _ keys: (UnfinishedErasure.Findings) -> Set<Key>
    ) -> [Key: Int] {
        var places: [Key: Int] = [:]
        for (index, erasure) in erasures.enumerated() {
            for key in erasure.findings.map(keys) ?? [] { places[key] = index }
        }
        return places
    }
}
