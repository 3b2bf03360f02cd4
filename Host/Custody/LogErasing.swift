import CRecords
import EventLog
import Records

/// Decides what becomes of each record of a log when students are erased. Not thread-safe.
final class LogErasing {
    private let students: ErasedStudents
    private let clients: [[UInt8]: Int]
    private let digits: [[UInt8]]
    /// Records of others that named a student, by the student's place.
    private(set) var mentions: [Int]

    /// - Parameters:
    ///   - clients: those that a student alone has used.
    ///   - pseudonyms: of the students' ids, in their order.
    init(_ students: ErasedStudents, clients: [String: Int], pseudonyms: [UInt64]) {
        self.students = students
        self.clients = Dictionary(uniqueKeysWithValues: clients.map { (Array($0.key.utf8), $0.value) })
        digits = pseudonyms.map { Array(PseudonymText.text($0).utf8) }
        mentions = Array(repeating: 0, count: pseudonyms.count)
    }

    /// Makes `copy` what is to stand in the place of `record`. False: the record stays.
    func change(_ record: RecordView, _ copy: UnsafeMutablePointer<lectern_record>) -> Bool {
        switch record.kind {
        case .event where !record.actor.isEmpty && students.index(ofActor: record.actor) != nil:
            makeTombstone(copy, keepsClient: !record.client.isEmpty && clients[Array(record.client)] == nil)
            return true
        case .session where students.sessions[record.session] != nil:
            empty(copy)
            return true
        case .control, nil: return false
        case .event, .session, .mark, .tombstone: return replaceNames(record, copy)
        }
    }

    /// Nothing of the event is left but its place. The number among a client's that others use, too, stays: what that client
    /// sends again is still known.
    private func makeTombstone(_ copy: UnsafeMutablePointer<lectern_record>, keepsClient: Bool) {
        let old = copy.pointee
        var header = lectern_record()
        header.length = old.length
        header.position = old.position
        header.partition = old.partition
        header.kind = RecordKind.tombstone.rawValue
        header.flags = old.flags & UInt8(LECTERN_RECORD_CONTINUED)
        let parts = UnsafeMutableRawPointer(copy + 1)
        let room = Int(old.length) - MemoryLayout<lectern_record>.size
        var kept = 0
        if keepsClient {
            kept = Int(old.client_length)
            parts.copyMemory(from: lectern_record_client(copy), byteCount: kept)
            header.client_length = old.client_length
            header.sequence = old.sequence
            header.received = old.received
        }
        (parts + kept).initializeMemory(as: UInt8.self, repeating: 0, count: room - kept)
        header.payload_length = UInt32(room - kept)
        copy.pointee = header
    }

    /// A session without anything in it: events of others never refer to it.
    private func empty(_ copy: UnsafeMutablePointer<lectern_record>) {
        clear(&copy.pointee.salt)
        copy.pointee.received = 0
        copy.pointee.time = 0
        let payload = UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(mutating: lectern_record_payload(copy)),
            count: Int(copy.pointee.payload_length))
        for index in payload.indices { payload[index] = UInt8(ascii: " ") }
        payload.copyBytes(from: "{}".utf8.prefix(payload.count))
    }

    private func replaceNames(_ record: RecordView, _ copy: UnsafeMutablePointer<lectern_record>) -> Bool {
        func part(_ start: UnsafePointer<UInt8>, _ count: some BinaryInteger) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: UnsafeMutableRawPointer(mutating: start), count: Int(count))
        }
        var found: Set<Int> = []
        let client = part(lectern_record_client(copy), copy.pointee.client_length)
        if !client.isEmpty {
            if let student = clients[Array(client)] {
                for index in client.indices { client[index] = digits[student][index % digits[student].count] }
                found.insert(student)
            } else {
                found.formUnion(students.replaceNames(client, isJSON: false))
            }
        }
        if record.kind != .tombstone {
            let header = copy.pointee
            found.formUnion(students.replaceNames(part(lectern_record_type(copy), header.type_length), isJSON: false))
            found.formUnion(
                students.replaceNames(part(lectern_record_fields(copy), header.fields_length), isJSON: true))
            found.formUnion(
                students.replaceNames(part(lectern_record_payload(copy), header.payload_length), isJSON: true))
        }
        guard !found.isEmpty else { return false }
        for student in found { mentions[student] += 1 }
        clear(&copy.pointee.salt)
        return true
    }

    /// Were the salt kept, the leaf that the tree keeps would tell whether a guess of the id is right.
    private func clear<Salt>(_ salt: inout Salt) {
        withUnsafeMutableBytes(of: &salt) { bytes in for index in bytes.indices { bytes[index] = 0 } }
    }
}
