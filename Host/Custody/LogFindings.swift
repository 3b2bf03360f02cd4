import EventLog
import FoundationEssentials
import Records

/// What a log holds of some students: found by reading it once.
struct LogFindings {
    /// The place of each actor's student.
    private let actors: [UInt64: Int]
    private let identity: LogIdentity
    private(set) var students: [UnfinishedErasure.Findings]
    /// The actors that are none of the students.
    private(set) var others: Set<UInt64> = []
    private var ownSessions: [UInt32: Int] = [:]
    private var ownClients: [String: Int] = [:]
    private var otherSessions: Set<UInt32> = []
    private var otherClients: Set<String> = []

    /// - Parameter actors: the place of each actor's student, by the actor's pseudonym.
    init(_ log: any StoredLog, actors: [UInt64: Int], count: Int) throws {
        self.actors = actors
        identity = log.identity
        students = Array(repeating: .init(), count: count)
        var lastClient: (name: [UInt8], isOwn: Int?) = ([], nil)
        try log.forEachRecord { record in
            switch record.kind {
            case .event:
                let student = record.actor.isEmpty ? nil : actors[identity.pseudonym(ofRecorded: record.actor)]
                note(record, student, &lastClient)
            case .session: noteSession(record)
            default: break
            }
        }
        for (session, student) in ownSessions where !otherSessions.contains(session) {
            students[student].sessions.insert(session)
        }
        for (client, student) in ownClients where !otherClients.contains(client) {
            students[student].clients.insert(client)
        }
    }

    private mutating func note(
        _ record: RecordView, _ student: Int?, _ lastClient: inout (name: [UInt8], isOwn: Int?)
    ) {
        if let student {
            students[student].events[record.partition, default: 0] += 1
            students[student].payloads.insert(identity.mark(ofPayload: record.payload, session: record.session))
            if let first = ownSessions[record.session], first != student { otherSessions.insert(record.session) }
            if record.session != 0 { ownSessions[record.session] = student }
        } else {
            if !record.actor.isEmpty { others.insert(identity.pseudonym(ofRecorded: record.actor)) }
            otherSessions.insert(record.session)
        }
        guard !record.client.isEmpty else { return }
        // Mostly the same one again and again.
        if lastClient.isOwn == student, lastClient.name.elementsEqual(record.client) { return }
        lastClient = (Array(record.client), student)
        let client = String(decoding: record.client, as: UTF8.self)
        if let student {
            if let first = ownClients[client], first != student { otherClients.insert(client) }
            ownClients[client] = student
        } else {
            otherClients.insert(client)
        }
    }

    /// A session may be a student's although it has no event that was kept.
    private mutating func noteSession(_ record: RecordView) {
        guard let shared = try? JSONDecoder().decode(SessionIdentity.self, from: Data(record.payload)),
            var actor = shared.auth?.safe_user_id
        else { return }
        let student = actor.withUTF8 { actors[identity.pseudonym(ofActor: UnsafeRawBufferPointer($0))] }
        if let student { ownSessions[record.session] = student }
    }

    private struct SessionIdentity: Decodable {
        struct Auth: Decodable { let safe_user_id: String? }
        let auth: Auth?
    }
}
