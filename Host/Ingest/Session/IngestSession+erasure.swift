import EventLog
import Records

extension IngestSession {
    /// Refuses an event whose actor's student was erased: nothing of it is kept, and it counts as taken, so that nobody sends
    /// it again and again. False: the event goes on.
    func refuseErased(_ frame: Frame, _ actor: UnsafeRawBufferPointer) -> Bool {
        guard service.log.erased.contains(actor) else { return false }
        service.counters.countErased()
        // No mark either: the client's id may tell who it was.
        taken(frame.number, isCarried: true)
        report.messages.append(
            .rejected(index: frame.index, reason: "erased: this student's events are not taken", number: frame.number))
        return true
    }

    /// Names the actor in a record: by the id, or where the log uses pseudonyms, by that.
    func name(_ actor: UnsafeRawBufferPointer, _ partition: UInt16, in record: inout NewRecord) {
        guard logIdentity.usesPseudonyms, !actor.isEmpty else {
            record.actor = actor
            record.partition = partition
            return
        }
        record.actor = workspace.pseudonym(of: actor, logIdentity)
        record.partition = logIdentity.partition(ofActor: record.actor)
    }
}

/// The identities that connections make of ids, for whoever has to find all that is somebody's.
package enum IdentityPrefixes {
    /// What stands before an id in the actors and users that methods of authentication find.
    package static let all = [
        "testcase-", "tc-testcase-", "ls-", "ls-ls-", "gc-", "gcu-gc-", "hi-", "mch-hi-", "nginx-", "jwt-",
    ]
}
