import EventLog

/// Something beside the log and its states that holds what students have sent, such as the archive. It is asked while nobody
/// else has it open. It may be asked twice, when a crash has interrupted the first time.
package protocol RecordHolder: Sendable {
    /// In certificates and in what is exported: `archive`.
    var name: String { get }

    /// Removes what is of students, and puts the pseudonyms of those that others' pieces name in their places.
    /// - Returns: how many pieces that concerned, by the student's place in `students`.
    func erase(_ students: ErasedStudents) throws -> [Int: Int]

    /// Gives every piece that is a student's: one JSON value each, on one line.
    func export(_ student: StudentMatch, _ body: (String) throws -> Void) throws
}

/// The students that are being erased, as those that hold something of them know them.
package struct ErasedStudents {
    /// The sessions that a student alone has used, and the student's place.
    package let sessions: [UInt32: Int]
    private let actors: [UInt64: Int]
    private let payloads: [UInt64: Int]
    private let search: NameSearch
    private let identity: LogIdentity

    init(
        sessions: [UInt32: Int], actors: [UInt64: Int], payloads: [UInt64: Int], search: NameSearch,
        _ identity: LogIdentity
    ) {
        self.payloads = payloads
        self.sessions = sessions
        self.actors = actors
        self.search = search
        self.identity = identity
    }

    /// The student who this actor is, as records name it; nil: none of them.
    package func index(ofActor actor: UnsafeRawBufferPointer) -> Int? { actors[identity.pseudonym(ofRecorded: actor)] }

    /// The student who an event means that names this actor itself; nil: none of them.
    package func index(ofNamed actor: String) -> Int? { actors[identity.pseudonym(of: actor)] }

    /// The student whose event this was in the log, line feeds replaced by spaces or not; nil: none of them.
    package func index(ofPayload payload: UnsafeRawBufferPointer, session: UInt32) -> Int? {
        payloads[identity.mark(ofPayload: payload, session: session)]
    }

    /// Puts pseudonyms in the places of names in what somebody else has sent; the length stays.
    /// - Parameter isJSON: the bytes are JSON.
    /// - Returns: the students that were named.
    package func replaceNames(_ bytes: UnsafeMutableRawBufferPointer, isJSON: Bool) -> Set<Int> {
        search.replace(bytes, isJSON: isJSON)
    }

    /// The same of a text: what it is then, and the students that were named.
    package func replacingNames(_ text: String, isJSON: Bool) -> (text: String, students: Set<Int>) {
        search.replace(text, isJSON: isJSON)
    }
}

/// A student whose data is asked for.
package struct StudentMatch {
    /// The sessions that nobody else has used.
    package let sessions: Set<UInt32>
    private let actors: Set<UInt64>
    private let search: NameSearch
    private let identity: LogIdentity

    init(
        _ names: StudentNames, prefixes: [String], sessions: Set<UInt32>, others: Set<UInt64>, _ identity: LogIdentity
    ) {
        self.sessions = sessions
        actors = Set(names.actors(identity))
        // Where records name pseudonyms, states and tables do, too.
        let pseudonyms = identity.usesPseudonyms ? actors.map(LogIdentity.text) : []
        let all = StudentNames(names.ids, prefixes: prefixes, besides: pseudonyms)
        search = NameSearch([(all, identity.pseudonym(of: names.ids[0]))], others: others, prefixes: prefixes, identity)
        self.identity = identity
    }

    /// Whether this actor, as records name it, is the student.
    package func isActor(_ actor: UnsafeRawBufferPointer) -> Bool {
        !actor.isEmpty && actors.contains(identity.pseudonym(ofRecorded: actor))
    }

    package func isActor(_ actor: String) -> Bool {
        var actor = actor
        return actor.withUTF8 { isActor(UnsafeRawBufferPointer($0)) }
    }

    /// Whether the bytes name the student.
    package func isNamed(in bytes: UnsafeRawBufferPointer, isJSON: Bool) -> Bool {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyMemory(from: bytes)
        return !search.replace(copy, isJSON: isJSON).isEmpty
    }
}

extension LogIdentity {
    /// What an event of a session is known by, wherever its bytes are found again.
    func mark(ofPayload payload: UnsafeRawBufferPointer, session: UInt32) -> UInt64 {
        var bytes = payload.map { $0 == 10 ? 32 : $0 }
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: session >> UInt32(shift)))
        }
        return bytes.withUnsafeBytes { pseudonym(ofActor: $0) }
    }
}
